import { createBearerAuthenticator } from '../../functions/src/authn/bearer.ts';
import { findCredential } from '../../functions/src/authn/credential.ts';
import { createTokenVerifiers } from '../../functions/src/authn/oidc/external-token.ts';
import type { Fetch } from '../../functions/src/authn/oidc/fetch-json.ts';
import type { IssuerProfile } from '../../functions/src/authn/oidc/issuer-profile.ts';
import {
  type AccessRule,
  needsFreshRecord,
  permissionOf,
  ruleName,
} from '../../functions/src/authz/access-rule.ts';
import {
  type Decision,
  decide,
  dependsOnOwner,
  type Resource,
  toDenialError,
} from '../../functions/src/authz/decide.ts';
import { ANONYMOUS, type Principal } from '../../functions/src/authz/principal.ts';
import { type Clock, seconds } from '../../functions/src/core/clock.ts';
import { AppError, isRefusal, toAppError } from '../../functions/src/core/errors.ts';
import type { DecisionReason, Log } from '../../functions/src/core/log.ts';

/**
 * Authenticates and authorizes callers of back ends on AWS. It verifies tokens as the API does, but it has no directory:
 * a token is valid until it expires, and privileged permissions, which need the directory's record, are always refused.
 */
export interface LambdaAuthorizer {
  /**
   * @returns the caller; {@link ANONYMOUS} without a credential
   * @throws AppError `invalid_request`, `invalid_token`, `unavailable`, after the refusal was logged
   */
  authenticate(authorization: readonly string[], operation: Operation): Promise<Principal>;
  /** {@link decideWithoutDirectory}, now. */
  decide(principal: Principal, access: AccessRule, resource?: Resource): LambdaDecision;
  /** Logs one decision, in one line. */
  logDecision(principal: Principal, decision: LoggedDecision, operation: Operation): void;
  /**
   * Authenticates, decides and logs the decision.
   *
   * @throws AppError also `unauthenticated`, `permission_denied`, `not_found`
   */
  authorize(request: AuthorizeRequest): Promise<Principal>;
}

export interface Operation {
  readonly access: AccessRule;
  readonly requestId: string;
}

interface AuthorizeRequest extends Operation {
  /** Every `Authorization` line as received. */
  readonly authorization: readonly string[];
  /** Loaded only when the decision depends on the owner. Without it no resource is the caller's own. */
  readonly resource?: ((principal: Principal) => Promise<Resource | undefined>) | undefined;
}

type LambdaDecision = Decision | { readonly allowed: false; readonly reason: 'needs-directory' };

interface LoggedDecision {
  readonly allowed: boolean;
  readonly reason: DecisionReason;
}

interface Options {
  readonly profiles: readonly IssuerProfile[];
  readonly fetch: Fetch;
  readonly clock: Clock;
  readonly log: Pick<Log, 'decision' | 'failure' | 'keysSkipped' | 'claimsUnreadable'>;
}

/** Fetches nothing before a token needs it. */
export function createLambdaAuthorizer({ profiles, fetch, clock, log }: Options): LambdaAuthorizer {
  const bearer = createBearerAuthenticator(
    createTokenVerifiers({ profiles, fetch, clock, log, records: null }),
  );

  const callerOf = ({ kind, issuer, subject }: Principal) =>
    kind === 'anonymous' ? {} : { issuer, subject };

  /** Logs an error as a refusal. An unexpected error refuses, too. */
  function logRefusal(thrown: unknown, operation: Operation, principal: Principal): AppError {
    const error = toAppError(thrown);
    const { code, reason = code, logDetail } = error;
    log.decision({
      requestId: operation.requestId,
      permission: ruleName(operation.access),
      ...callerOf(principal),
      granted: false,
      reason,
      ...(logDetail !== undefined && { detail: logDetail }),
      code,
    });
    if (!isRefusal(error)) log.failure(operation.requestId, error);
    return error;
  }

  async function authenticate(authorization: readonly string[], operation: Operation): Promise<Principal> {
    try {
      const credential = findCredential([bearer], {
        headers: (name) => (name === 'authorization' ? authorization : []),
      });
      if (credential === undefined) return ANONYMOUS;
      const { authenticator, value } = credential;
      return (await authenticator.authenticate(value, seconds(clock))).principal;
    } catch (thrown) {
      throw logRefusal(thrown, operation, ANONYMOUS);
    }
  }

  function logDecision(
    principal: Principal,
    { allowed, reason }: LoggedDecision,
    { access, requestId }: Operation,
  ): void {
    log.decision({
      requestId,
      permission: ruleName(access),
      ...callerOf(principal),
      granted: allowed,
      reason,
    });
  }

  const decideNow = (principal: Principal, access: AccessRule, resource?: Resource) =>
    decideWithoutDirectory(principal, access, resource, seconds(clock));

  return {
    authenticate,
    decide: decideNow,
    logDecision,
    async authorize({ authorization, access, requestId, resource }) {
      const operation = { access, requestId };
      const principal = await authenticate(authorization, operation);
      let loaded: Resource | undefined;
      try {
        if (dependsOnOwner(principal, access)) loaded = await resource?.(principal);
      } catch (thrown) {
        throw logRefusal(thrown, operation, principal);
      }
      const decision = decideNow(principal, access, loaded);
      logDecision(principal, decision, operation);
      if (decision.allowed) return principal;
      throw decision.reason === 'needs-directory' ? needsDirectory(access) : toDenialError(decision);
    },
  };
}

/**
 * {@link decide} without a directory: refuses privileged permissions, which need its record. Pure.
 *
 * @param now seconds since the epoch
 */
export function decideWithoutDirectory(
  principal: Principal,
  access: AccessRule,
  resource: Resource | undefined,
  now: number,
): LambdaDecision {
  if (needsFreshRecord(access) && principal.kind !== 'anonymous')
    return { allowed: false, reason: 'needs-directory' };
  return decide(principal, access, resource, now);
}

function needsDirectory(access: AccessRule): AppError {
  const permission = permissionOf(access) ?? '';
  return new AppError(
    'permission_denied',
    `This needs the permission ${permission}, which only the directory can give.`,
    { missing: permission, reason: 'needs-directory' },
  );
}
