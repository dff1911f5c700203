import { unprivilegedPermissionsOf } from '../../authz/claim-mapping.ts';
import { type Assurance, createPrincipal, type Principal } from '../../authz/principal.ts';
import { activeRoles, nextExpiry } from '../../authz/role-claims.ts';
import { permissionsOf } from '../../authz/roles.ts';
import { toJsonObject } from '../../core/json.ts';
import type { AccessRecord, AccessRecords, EntryVersion } from '../access-records.ts';
import type { TokenVerifier } from '../bearer.ts';
import { checkRecord } from '../check-record.ts';
import { type ExternalIdentity, externalId } from '../external-identity.ts';
import type { UnverifiedToken } from '../parse-jws.ts';
import type { VerifiedToken } from '../token-cache.ts';
import type { TokenTimes } from '../token-times.ts';
import type { IssuerProfile } from './issuer-profile.ts';
import type { JwtVerifier } from './verify-jwt.ts';

interface Options {
  readonly jwt: JwtVerifier;
  /** `null`: there is no directory here, and a token gives what its issuer's map says. */
  readonly records: Pick<AccessRecords, 'readExternal'> | null;
}

/** Verifies tokens of an issuer other than this project's Firebase. */
export function createExternalTokenVerifier({ jwt, records }: Options): TokenVerifier {
  return {
    issuers: jwt.issuers,
    headerKeys: jwt.headerKeys,
    async verify(token, now) {
      const { profile, times } = await jwt.verify(token, now);
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
  const { sub: subject, iss: issuer } = toJsonObject(act);
  return {
    ...(typeof azp === 'string' && { client: { id: azp } }),
    ...(typeof subject === 'string' && {
      actor: { subject, ...(typeof issuer === 'string' && { issuer }) },
    }),
  };
}
