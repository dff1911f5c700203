import { type UnreadableClaim, unprivilegedPermissionsOf } from '../../authz/claim-mapping.ts';
import { createPrincipal, type Principal } from '../../authz/principal.ts';
import { activeRoles, nextExpiry } from '../../authz/role-claims.ts';
import { permissionsOf } from '../../authz/roles.ts';
import type { Assurance } from '../../core/access-types.ts';
import type { Clock } from '../../core/clock.ts';
import { type JsonObject, toJsonObject } from '../../core/json.ts';
import type { Log } from '../../core/log.ts';
import { hasHidden } from '../../core/text.ts';
import type { TokenVerifier } from '../bearer.ts';
import { type ExternalIdentity, externalId } from '../external-identity.ts';
import { type AccessRecord, type AccessRecords, checkRecord, type EntryVersion } from '../ports.ts';
import type { VerifiedToken } from '../token-cache.ts';
import type { TokenTimes } from '../token-times.ts';
import type { Fetch } from './fetch-json.ts';
import type { IssuerProfile } from './issuer-profile.ts';
import { createJwtVerifier, type VerifiedJwt } from './verify-jwt.ts';

interface Options {
  readonly profiles: readonly IssuerProfile[];
  readonly fetch: Fetch;
  readonly clock: Clock;
  readonly log: Pick<Log, 'keysSkipped' | 'claimsUnreadable'>;
  /** `null`: there is no directory here, and a token gives what its issuer's map says. */
  readonly records: Pick<AccessRecords, 'readExternal'> | null;
}

/**
 * Verifiers of tokens that this project's Firebase did not issue: one for each trusted issuer, however many profiles it has.
 * Fetches nothing.
 */
export function createTokenVerifiers({ profiles, records, ...shared }: Options): TokenVerifier[] {
  return [...Map.groupBy(profiles, ({ issuer }) => issuer)].map(([issuer, ofIssuer]) => {
    const warn = claimWarnings(issuer, shared);
    const { issuers, headerKeys, verify } = createJwtVerifier({ profiles: ofIssuer, ...shared });
    return {
      issuers,
      headerKeys,
      async verify(token, now) {
        const jwt = await verify(token, now);
        const identity = identityOf(token.payload, jwt.profile);
        const found = await records?.readExternal(identity);
        return toVerified(token.payload, { ...jwt, identity, ...found, now, warn });
      },
    };
  });
}

/** Milliseconds between two warnings about the claims of an issuer. */
const WARNING_INTERVAL = 60_000;

/** Every token of an issuer has the same shape, so one warning a minute says it. */
function claimWarnings(issuer: string, { log, clock }: Pick<Options, 'log' | 'clock'>): Verified['warn'] {
  let warnedAt = Number.NEGATIVE_INFINITY;
  return (claims) => {
    if (Math.abs(clock() - warnedAt) < WARNING_INTERVAL) return;
    warnedAt = clock();
    log.claimsUnreadable({ issuer, claims });
  };
}

/**
 * A verified token is verified again after this many seconds: the revocation feed keeps a change only a little longer, and
 * the issuer may have withdrawn the key.
 */
export const EXTERNAL_TOKEN_MAX_AGE = 3600;

function identityOf(
  { sub, email, email_verified: emailVerified }: JsonObject,
  { type, issuer, jitProvisioning }: IssuerProfile,
): ExternalIdentity {
  const subject = String(sub);
  return {
    // A Firebase user has the uid as id everywhere.
    id: type === 'firebase' ? subject : externalId(issuer, subject),
    issuer,
    subject,
    ...(isAddress(email) ? { email, emailVerified: emailVerified === true } : { emailVerified: false }),
    jitProvisioning,
  };
}

/** No decision depends on the address, but people read it in lists. */
function isAddress(value: unknown): value is string {
  return (
    typeof value === 'string' && value.length <= 254 && /^[^\s\p{C}]+$/u.test(value) && !hasHidden(value)
  );
}

interface Verified extends VerifiedJwt {
  readonly identity: ExternalIdentity;
  readonly record?: AccessRecord | undefined;
  readonly directoryVersion?: EntryVersion;
  readonly now: number;
  readonly warn: (claims: readonly UnreadableClaim[]) => void;
}

/** @throws AppError `invalid_token` for a disabled user, `token_stale` for a sign-in that was revoked */
function toVerified(
  payload: JsonObject,
  { profile, times, identity, record, directoryVersion, now, warn }: Verified,
): VerifiedToken {
  const { id, issuer, subject, email, emailVerified } = identity;
  if (record !== undefined) checkRecord(record, times.authTime, { issuer, subject, directoryId: id });

  const kind = profile.isService(payload) ? 'service' : 'user';
  const { until, scopes, unreadable, ...mapped } = profile.access(payload, kind, now);
  if (unreadable !== undefined) warn(unreadable);
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
    assurance: kind === 'user' ? profile.assurance(payload, times) : ofService(times),
    ...partiesOf(payload, profile),
    tokenExpiresAt: times.exp,
    credential: 'bearer',
  } as const;
  return {
    principal: createPrincipal(facts, [...held]),
    directoryVersion,
    identity,
    issued: { profile, roles: mapped.roles },
    validUntil: Math.min(times.exp, until, nextExpiry(grants, now), now + EXTERNAL_TOKEN_MAX_AGE),
  };
}

/** A service has no second factor, whatever its token says. */
const ofService = ({ signedInAt: at }: TokenTimes): Assurance => ({ level: 'aal1', at, methods: [] });

/** The client that an access token was issued to (RFC 9068 §2.2), and who acts for its subject (RFC 8693 §4.1). */
function partiesOf(
  { client_id: clientId, azp = clientId, act }: JsonObject,
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
