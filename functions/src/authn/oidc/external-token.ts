import { unprivilegedPermissionsOf } from '../../authz/claim-mapping.ts';
import { type Assurance, createPrincipal, type Principal } from '../../authz/principal.ts';
import { activeRoles, nextExpiry } from '../../authz/role-claims.ts';
import { permissionsOf } from '../../authz/roles.ts';
import { type AppError, invalidToken } from '../../core/errors.ts';
import type { AccessRecord, AccessRecords, EntryVersion } from '../access-records.ts';
import type { TokenVerifier } from '../bearer.ts';
import { checkRecord } from '../check-record.ts';
import { type ExternalIdentity, externalId } from '../external-identity.ts';
import type { UnverifiedToken } from '../parse-jws.ts';
import type { VerifiedToken } from '../token-cache.ts';
import { CLOCK_SKEW_SECONDS, readTimes, type TokenTimes } from '../token-times.ts';
import type { IssuerProfile } from './issuer-profile.ts';
import type { KeySet } from './jwks.ts';
import { rejectReason } from './reject-reason.ts';

interface Options {
  /** All of one issuer, e.g. one for its access tokens and one for its ID tokens. */
  readonly profiles: readonly IssuerProfile[];
  /** By `iss`. */
  readonly keys: ReadonlyMap<string, KeySet>;
  /** `null`: there is no directory here, and a token gives what its issuer's map says. */
  readonly records: Pick<AccessRecords, 'readExternal'> | null;
}

/** Verifies tokens of an issuer other than this project's Firebase. The signature is verified by jose. */
export function createExternalTokenVerifier({ profiles, keys, records }: Options): TokenVerifier {
  return {
    issuers: [...keys.keys()],
    headerKeys: profiles.flatMap(({ headerKeys }) => headerKeys),
    async verify(token, now) {
      const profile = profiles.find((one) => rejectReason(token, one) === undefined);
      if (profile === undefined) throw rejected(token, profiles);
      const times = readTimes(token.payload, profile, now);
      await verifySignature(token, profile, keys, now);
      const identity = identityOf(token, profile);
      const found = await records?.readExternal(identity);
      return toVerified(token, { profile, times, identity, ...found, now });
    },
  };
}

/**
 * Seconds after which a token is looked at again that lives longer: the feed of access changes forgets a little later, and
 * the key may have been withdrawn.
 */
const GOOD_FOR = 3600;

function rejected(token: UnverifiedToken, profiles: readonly IssuerProfile[]): AppError {
  const [only, ...others] = profiles.flatMap((profile) => rejectReason(token, profile) ?? []);
  if (only !== undefined && others.length === 0) return invalidToken(only.reason, only);
  const all = [only, ...others].map((rejection) => rejection?.logDetail ?? rejection?.reason);
  return invalidToken('no-matching-profile', { logDetail: all.join('; ') });
}

async function verifySignature(
  { raw, header, payload }: UnverifiedToken,
  { algorithms, audience }: IssuerProfile,
  keys: ReadonlyMap<string, KeySet>,
  now: number,
): Promise<void> {
  const issuer = String(payload.iss);
  const key = await keys.get(issuer)?.find({ alg: String(header.alg), kid: String(header.kid) });
  if (key === undefined) throw invalidToken('issuer-not-trusted');
  const { jwtVerify } = await import('jose/jwt/verify');
  const options = {
    algorithms: [...algorithms],
    issuer,
    ...(audience !== null && { audience: [...audience] }),
    clockTolerance: CLOCK_SKEW_SECONDS,
    currentDate: new Date(now * 1000),
  };
  await jwtVerify(raw, key, options).catch((cause) => {
    throw invalidToken('wrong-signature', { cause });
  });
}

function identityOf({ payload }: UnverifiedToken, profile: IssuerProfile): ExternalIdentity {
  const { type, issuer, jitProvisioning } = profile;
  const subject = String(payload.sub);
  const email = isAddress(payload.email) ? payload.email : undefined;
  return {
    // A Firebase user is known by the uid everywhere.
    id: type === 'firebase' ? subject : externalId(issuer, subject),
    issuer,
    subject,
    ...(email !== undefined && { email }),
    emailVerified: email !== undefined && payload.email_verified === true,
    jitProvisioning: jitProvisioning,
  };
}

/** Nothing is decided on it, but it stands in lists that people read. */
function isAddress(value: unknown): value is string {
  return typeof value === 'string' && value.length <= 254 && /^[^\s\p{C}]+$/u.test(value);
}

interface Read {
  readonly profile: IssuerProfile;
  readonly times: TokenTimes;
  readonly identity: ExternalIdentity;
  readonly record?: AccessRecord | undefined;
  readonly directoryVersion?: EntryVersion;
  readonly now: number;
}

/** @throws AppError `invalid_token` for who is disabled, `token_stale` for a sign-in that was revoked */
function toVerified(
  { payload }: UnverifiedToken,
  { profile, times, identity, record, directoryVersion, now }: Read,
): VerifiedToken {
  const { id, issuer, subject, email, emailVerified } = identity;
  const caller = { issuer, subject, directoryId: id };
  if (record !== undefined) checkRecord(record, times.authTime, caller);

  const kind = profile.isService(payload) ? 'service' : 'user';
  const { until, scopes, ...mapped } = profile.access(payload, kind, now);
  const grants = record?.grants ?? [];
  const granted = activeRoles(grants, now);
  const roles = [...new Set([...mapped.roles, ...granted])];
  const held = new Set([...unprivilegedPermissionsOf({ ...mapped, roles }), ...permissionsOf(granted)]);
  const facts = {
    kind,
    issuer,
    subject,
    directoryId: id,
    ...(profile.type === 'firebase' && { uid: subject }),
    ...(email !== undefined && { email, emailVerified }),
    roles,
    ...(scopes !== undefined && { scopes }),
    authTime: times.authTime,
    assurance: assuranceOf(payload, profile, times.signedInAt),
    ...partiesOf(payload, profile),
    tokenExpiresAt: times.exp,
    credential: 'bearer',
  } as const;
  return {
    principal: createPrincipal(facts, [...held]),
    directoryVersion,
    identity,
    validUntil: Math.min(times.exp, until, nextExpiry(grants, now), now + GOOD_FOR),
  };
}

/**
 * OpenID Connect Core §2: `amr` of an ID token names the methods. Issuers differ in what they mean by its values, so none of
 * them makes `aal2`.
 */
function assuranceOf(
  { amr }: UnverifiedToken['payload'],
  { tokenUse }: IssuerProfile,
  at: number | undefined,
): Assurance {
  const methods = tokenUse === 'id' && Array.isArray(amr) ? amr : [];
  return { level: 'aal1', at, methods: methods.filter((method) => typeof method === 'string') };
}

/** Of an access token: the client it was issued to (RFC 9068 §2.2) and who acts for its subject now (RFC 8693 §4.1). */
function partiesOf(
  { client_id: clientId, azp = clientId, act }: UnverifiedToken['payload'],
  { tokenUse }: IssuerProfile,
): Pick<Principal, 'client' | 'actor'> {
  if (tokenUse === 'id') return {};
  const { sub: subject, iss: issuer } = Object(act) as Record<string, unknown>;
  return {
    ...(typeof azp === 'string' && { client: { id: azp } }),
    ...(typeof subject === 'string' && {
      actor: { subject, ...(typeof issuer === 'string' && { issuer }) },
    }),
  };
}
