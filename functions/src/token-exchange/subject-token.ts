import { type AuthenticateDeps, authenticate } from '../authn/authenticate.ts';
import type { ExternalIdentity } from '../authn/external-identity.ts';
import type { IssuerProfile } from '../authn/oidc/issuer-profile.ts';
import { rejectReason } from '../authn/oidc/reject-reason.ts';
import { parseCompactJws, type UnverifiedToken } from '../authn/parse-jws.ts';
import { verifyToken } from '../authn/verify-token.ts';
import type { Principal } from '../authz/principal.ts';
import type { Role } from '../authz/roles.ts';
import { seconds } from '../core/clock.ts';
import { AppError, type Caller, isRefusal } from '../core/errors.ts';

/** The user of a verified subject token. */
export interface TokenSubject {
  readonly principal: Principal;
  readonly identity: ExternalIdentity;
  /** The roles by the issuer's claim mapping, without those of the directory. */
  readonly mapped: readonly Role[];
}

/** The error for a subject token that cannot be exchanged (RFC 8693 §2.2.2). @param reason for the log only */
export function refused(reason: string, caller?: Caller, cause?: unknown): AppError {
  const detail = 'The subject token cannot be exchanged.';
  return new AppError('invalid_request', detail, { reason, cause, ...(caller && { caller }) });
}

/**
 * Verifies a subject token like the credential of a request.
 *
 * @param type of the token: the last part of the URN in the request
 * @throws AppError `invalid_request` for a token that cannot be exchanged, `unavailable`
 */
export async function readSubjectToken(
  deps: AuthenticateDeps,
  profiles: readonly IssuerProfile[],
  { token, type }: { token: string; type: string },
): Promise<TokenSubject> {
  const { principal, identity } = await verify(deps, token);
  // Whatever keys its header has, its issuer's profile allowed them.
  const parsed = parseCompactJws(token, () => profiles.flatMap(({ headerKeys }) => headerKeys));
  const profile = profileOf(parsed, profiles);
  if (identity === undefined || profile === undefined) throw refused('not of another issuer', principal);
  if (!profile.tokenExchange) throw refused('its issuer allows no exchange', principal);
  if (type !== 'jwt' && type !== `${profile.tokenUse}_token`) throw refused('of another type', principal);
  if (principal.kind !== 'user') throw refused('a service', principal);
  const { roles } = profile.access(parsed.payload, 'user', seconds(deps.clock));
  return { principal, identity, mapped: roles };
}

async function verify(deps: AuthenticateDeps, token: string) {
  try {
    const principal = await authenticate(deps, { kind: 'bearer', token }, { fresh: false });
    const { identity } = await verifyToken(deps, token);
    return { principal, identity };
  } catch (error) {
    if (!(error instanceof AppError && isRefusal(error))) throw error;
    throw refused(error.reason ?? error.code, error.caller, error);
  }
}

/** The profile by which it was verified. */
function profileOf(token: UnverifiedToken, profiles: readonly IssuerProfile[]): IssuerProfile | undefined {
  const { iss } = token.payload;
  return profiles.find(
    (profile) =>
      profile.accepts.some(({ issuer }) => issuer === iss) && rejectReason(token, profile) === undefined,
  );
}
