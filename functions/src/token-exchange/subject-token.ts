import { type AuthenticateDeps, authenticate } from '../authn/authenticate.ts';
import type { BearerAuthenticator } from '../authn/bearer.ts';
import type { ExternalIdentity } from '../authn/external-identity.ts';
import type { IssuerProfile } from '../authn/oidc/issuer-profile.ts';
import { rejectReason } from '../authn/oidc/reject-reason.ts';
import { parseCompactJws, type UnverifiedToken } from '../authn/parse-jws.ts';
import type { Principal } from '../authz/principal.ts';
import type { Role } from '../authz/roles.ts';
import { seconds } from '../core/clock.ts';
import { AppError, type Caller, isRefusal } from '../core/errors.ts';
import type { RefusalReason } from '../core/refusal-reasons.ts';

/** The user of a verified subject token. */
export interface TokenSubject {
  readonly principal: Principal;
  readonly identity: ExternalIdentity;
  /** The roles by the issuer's claim mapping, without those of the directory. */
  readonly mapped: readonly Role[];
}

/** The error for a subject token that cannot be exchanged (RFC 8693 §2.2.2). @param reason for the log only */
export function refused(reason: RefusalReason | undefined, caller?: Caller, cause?: unknown): AppError {
  const detail = 'The subject token cannot be exchanged.';
  return new AppError('invalid_request', detail, {
    ...{ cause, ...(reason && { reason }), ...(caller && { caller }) },
  });
}

export interface SubjectTokenDeps extends AuthenticateDeps {
  /** What authenticates the token where it is presented as a credential. */
  readonly bearer: BearerAuthenticator;
}

/**
 * Verifies a token that is to be exchanged, as if it were presented as a credential.
 *
 * @param type of the token: the last part of the URN in the request
 * @throws AppError `invalid_request` for a token that cannot be exchanged, `unavailable`
 */
export async function readSubjectToken(
  deps: SubjectTokenDeps,
  profiles: readonly IssuerProfile[],
  { token, type }: { token: string; type: string },
): Promise<TokenSubject> {
  const { principal, identity } = await verify(deps, token);
  // Whatever keys its header has, its issuer's profile allowed them.
  const parsed = parseCompactJws(token, () => profiles.flatMap(({ headerKeys }) => headerKeys));
  const profile = profileOf(parsed, profiles);
  if (identity === undefined || profile === undefined) throw refused('no-external-token', principal);
  if (!profile.tokenExchange) throw refused('exchange-not-allowed', principal);
  if (type !== 'jwt' && type !== `${profile.tokenUse}_token`) throw refused('wrong-token-type', principal);
  if (principal.kind !== 'user') throw refused('service-token', principal);
  const { roles } = profile.access(parsed.payload, 'user', seconds(deps.clock));
  return { principal, identity, mapped: roles };
}

async function verify(deps: SubjectTokenDeps, token: string) {
  try {
    const { bearer, clock } = deps;
    const principal = await authenticate(deps, { authenticator: bearer, value: token }, { fresh: false });
    const { identity } = await bearer.authenticate(token, seconds(clock));
    return { principal, identity };
  } catch (error) {
    if (!(error instanceof AppError && isRefusal(error))) throw error;
    throw refused(error.reason, error.caller, error);
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
