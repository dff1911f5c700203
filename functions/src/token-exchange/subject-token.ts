import { authenticate } from '../authn/authenticate.ts';
import type { ExternalIdentity } from '../authn/external-identity.ts';
import type { Principal } from '../authz/principal.ts';
import type { Role } from '../authz/roles.ts';
import { seconds } from '../core/clock.ts';
import { AppError, type Caller, isRefusal } from '../core/errors.ts';
import type { RefusalReason } from '../core/refusal-reasons.ts';
import type { Authentication } from '../pipeline/authentication.ts';

/** The user of a verified subject token. */
export interface TokenSubject {
  readonly principal: Principal;
  readonly identity: ExternalIdentity;
  /** The roles that the issuer gives, without those of the directory. */
  readonly issuedRoles: readonly Role[];
}

/** The error for a subject token that cannot be exchanged (RFC 8693 §2.2.2). @param reason for the log only */
export function refused(reason: RefusalReason | undefined, caller?: Caller, cause?: unknown): AppError {
  const detail = 'The subject token cannot be exchanged.';
  return new AppError('invalid_request', detail, { reason, caller, cause });
}

/**
 * Verifies a token that is to be exchanged, as if it were presented as a credential.
 *
 * @param type of the token: the last part of the URN in the request
 * @throws AppError `invalid_request` for a token that cannot be exchanged, `unavailable`
 */
export async function readSubjectToken(
  authentication: Authentication,
  { token, type }: { token: string; type: string },
): Promise<TokenSubject> {
  const { principal, identity, issued } = await verify(authentication, token);
  if (identity === undefined || issued === undefined) throw refused('no-external-token', principal);
  const { tokenExchange, tokenUse } = issued.profile;
  if (!tokenExchange) throw refused('exchange-not-allowed', principal);
  if (type !== 'jwt' && type !== `${tokenUse}_token`) throw refused('wrong-token-type', principal);
  if (principal.kind !== 'user') throw refused('service-token', principal);
  return { principal, identity, issuedRoles: issued.roles };
}

async function verify(authentication: Authentication, token: string) {
  try {
    const { bearer, clock } = authentication;
    const credential = { authenticator: bearer, value: token };
    const { principal } = await authenticate(authentication, credential, { fresh: false });
    const { identity, issued } = await bearer.authenticate(token, seconds(clock));
    return { principal, identity, issued };
  } catch (error) {
    if (!(error instanceof AppError && isRefusal(error))) throw error;
    throw refused(error.reason, error.caller, error);
  }
}
