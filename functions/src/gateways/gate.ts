import { createBearerAuthenticator } from '../authn/bearer.ts';
import { findCredential } from '../authn/credential.ts';
import type { Fetch } from '../authn/oidc/fetch-json.ts';
import type { IssuerProfile } from '../authn/oidc/issuer-profile.ts';
import { createTokenVerifiers } from '../authn/oidc/token-verifiers.ts';
import { type AccessRule, needsFreshRecord, permissionOf, ruleName } from '../authz/access-rule.ts';
import { type Decision, decide, dependsOnOwner, type Resource } from '../authz/decide.ts';
import { toDenialError } from '../authz/denial.ts';
import { ANONYMOUS, type Principal } from '../authz/principal.ts';
import { type Clock, seconds } from '../core/clock.ts';
import { AppError, ERRORS, toAppError } from '../core/errors.ts';
import type { DecisionReason, Log } from '../core/log.ts';

/**
 * A gate in front of somebody else's back end. It reads wristbands as the API does, but it has no directory: what a token
 * says, it says until it expires, and what has to be decided on the record of this moment is refused.
 */
export interface Gate {
  /**
   * @returns who is calling; {@link ANONYMOUS} without a credential
   * @throws AppError `invalid_request`, `invalid_token`, `unavailable`, after a line in the log
   */
  identify(authorization: readonly string[], asked: Asked): Promise<Principal>;
  /** One line in the log for one decision. */
  record(principal: Principal, judgement: Judged, asked: Asked): void;
  /**
   * Identify, judge, record.
   *
   * @throws AppError also `unauthenticated`, `permission_denied`, `not_found`
   */
  pass(attempt: Attempt): Promise<Principal>;
}

interface Asked {
  readonly access: AccessRule;
  readonly requestId: string;
}

interface Attempt extends Asked {
  /** Every `Authorization` line as received. */
  readonly authorization: readonly string[];
  /** Only asked for when the decision hangs on whose it is. Without it nothing is anybody's own. */
  readonly resource?: ((principal: Principal) => Promise<Resource | undefined>) | undefined;
}

type Judgement = Decision | { readonly allowed: false; readonly reason: 'needs-directory' };

/** What can be said in a line of the log. */
interface Judged {
  readonly allowed: boolean;
  readonly reason: DecisionReason;
}

interface Options {
  readonly profiles: readonly IssuerProfile[];
  readonly fetch: Fetch;
  readonly clock: Clock;
  readonly log: Pick<Log, 'decision' | 'failure'>;
}

/** Fetches nothing before a token needs it. */
export function createGate({ profiles, fetch, clock, log }: Options): Gate {
  const bearer = createBearerAuthenticator(createTokenVerifiers({ profiles, fetch, clock, records: null }));

  const whoIs = ({ kind, issuer, subject }: Principal) => (kind === 'anonymous' ? {} : { issuer, subject });

  /** Nothing that fails lets anybody pass. */
  function refuse(thrown: unknown, asked: Asked, principal: Principal): AppError {
    const error = toAppError(thrown);
    const { code, reason = code, logDetail } = error;
    log.decision({
      requestId: asked.requestId,
      permission: ruleName(asked.access),
      ...whoIs(principal),
      granted: false,
      reason,
      ...(logDetail !== undefined && { detail: logDetail }),
      code,
    });
    if (ERRORS[code].status >= 500) log.failure(asked.requestId, error);
    return error;
  }

  async function identify(authorization: readonly string[], asked: Asked): Promise<Principal> {
    try {
      const credential = findCredential([bearer], {
        headers: (name) => (name === 'authorization' ? authorization : []),
      });
      if (credential === undefined) return ANONYMOUS;
      const { authenticator, value } = credential;
      return (await authenticator.authenticate(value, seconds(clock))).principal;
    } catch (thrown) {
      throw refuse(thrown, asked, ANONYMOUS);
    }
  }

  function record(principal: Principal, { allowed, reason }: Judged, asked: Asked): void {
    log.decision({
      requestId: asked.requestId,
      permission: ruleName(asked.access),
      ...whoIs(principal),
      granted: allowed,
      reason,
    });
  }

  return {
    identify,
    record,
    async pass({ authorization, access, requestId, resource }) {
      const asked = { access, requestId };
      const principal = await identify(authorization, asked);
      let about: Resource | undefined;
      try {
        if (dependsOnOwner(principal, access)) about = await resource?.(principal);
      } catch (thrown) {
        throw refuse(thrown, asked, principal);
      }
      const judgement = judge(principal, access, about, seconds(clock));
      record(principal, judgement, asked);
      if (judgement.allowed) return principal;
      throw judgement.reason === 'needs-directory' ? needsDirectory(access) : toDenialError(judgement);
    },
  };
}

/**
 * {@link decide}, where there is no directory. Pure.
 *
 * @param now seconds since the epoch; without it no sign-in is recent enough for a rule with `maxAge`
 */
export function judge(
  principal: Principal,
  access: AccessRule,
  resource?: Resource,
  now = Number.POSITIVE_INFINITY,
): Judgement {
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
