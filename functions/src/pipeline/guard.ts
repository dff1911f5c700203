import { type AuthenticateDeps, authenticate } from '../authn/authenticate.ts';
import { type CredentialRequest, findCredential } from '../authn/credential.ts';
import { type CsrfCheck, checkCsrf } from '../authn/session-cookie/csrf.ts';
import { type AccessRule, needsFreshRecord, permissionOf, ruleName } from '../authz/access-rule.ts';
import { type Decision, decide, dependsOnOwner, type Resource, toDenialError } from '../authz/decide.ts';
import type { FactorScope } from '../authz/factor-policy.ts';
import { ANONYMOUS, type Principal } from '../authz/principal.ts';
import type { Config } from '../config.ts';
import { seconds } from '../core/clock.ts';
import { type AppError, type Caller, isRefusal, toAppError } from '../core/errors.ts';
import type { DecisionReason } from '../core/log.ts';
import type { AppCheckVerifier } from '../platform/app-check.ts';
import type { Log } from '../platform/logging/log.ts';
import { callerFields, type DecisionFields } from './call-line.ts';
import { clientAddress } from './client-address.ts';
import { type AppCheckScope, appCheckScopeOf } from './operation.ts';
import { isAllowedOrigin, type OriginRules } from './origin.ts';
import type { OperationLimit, RateLimits } from './rate-limit.ts';
import { renewSession } from './renew-session.ts';
import { findProof, ruleFor, type SecondFactors } from './second-factor.ts';

export interface GuardDeps extends AuthenticateDeps {
  readonly config: OriginRules & Pick<Config, 'trustedProxyHops' | 'mfa'>;
  readonly log: Pick<Log, 'failure'>;
  readonly rateLimits: Pick<RateLimits, 'count'>;
  readonly secondFactors: SecondFactors;
  readonly appCheck: AppCheckVerifier;
  /** Records refused attempts at privileged operations. */
  readonly audit: { recordRefusal(attempt: RefusedAttempt): Promise<void> };
}

interface RefusedAttempt {
  readonly actor: string;
  readonly issuer: string;
  readonly action: 'access.refused';
  /** The permission that is missing. */
  readonly target: string;
  readonly outcome: 'refused';
  readonly reason: DecisionReason;
  readonly requestId: string;
}

/** A request, whatever its transport. */
export interface RequestContext {
  /** Its headers. */
  readonly request: CredentialRequest;
  readonly requestId: string;
  /** Gets the decision, once, for the log line. */
  readonly decided: (decision: DecisionFields) => void;
  /** What the request has to prove with a session cookie. Default: `token`. */
  readonly csrf?: CsrfCheck | undefined;
  /** Adds a `Set-Cookie` header to the answer. Absent: the answer can have none. */
  readonly setCookie?: ((header: string) => void) | undefined;
}

interface Attempt extends RequestContext {
  readonly access: AccessRule;
  /** `bearer`: a session cookie is not read. */
  readonly credentials?: 'bearer' | undefined;
  /** Default: everything of the policy about second factors applies. */
  readonly factorPolicy?: FactorScope | undefined;
  /** Of the operation: a limit of its own is counted by it. */
  readonly name?: string;
  /** Default: that of the class `privileged`, `write` or `read`. */
  readonly rateLimit?: OperationLimit | undefined;
  /** Default as in {@link appCheckScopeOf}. */
  readonly appCheck?: AppCheckScope | undefined;
  /** Does it change something? Then App Check's replay protection applies. */
  readonly changes: boolean;
  /** Called when the App Check token was accepted. */
  readonly appCheckPassed?: (() => void) | undefined;
  /** Called only when the decision depends on the owner of the resource. */
  readonly resource?: ((principal: Principal) => Promise<Resource | undefined>) | undefined;
  /** Checks before the credential is read. */
  readonly check?: (() => void) | undefined;
  /**
   * Shadow mode, for endpoints that served everyone before: the caller passes in any case, and this gets the error that
   * enforcement would answer with. Rules with a privileged permission are enforced nevertheless. Never for an operation of
   * Gatehouse.
   */
  readonly inShadow?: ((error: AppError) => void) | undefined;
}

/**
 * Does App Check apply to this principal? Decided on what the issuer signed, never on what the request says of itself.
 * Anonymous callers are refused anyway.
 */
function needsAppCheck(scope: AppCheckScope | undefined, { kind, uid }: Principal): boolean {
  if (scope === 'everyone') return true;
  return scope !== undefined && kind === 'user' && (scope === 'users' || uid !== undefined);
}

function credentialOf({ authenticators }: GuardDeps, { access, credentials, request }: Attempt) {
  // A credential that the operation does not need is not read: it may be for a proxy, or expired.
  if (access === 'public') return undefined;
  if (credentials === undefined) return findCredential(authenticators, request);
  const headers = (name: string) => (name === 'cookie' ? [] : request.headers(name));
  return findCredential(authenticators, { headers });
}

/**
 * Checks every request, HTTP and callable alike: authentication, rate limit, App Check, decision.
 *
 * @returns the principal. In shadow mode {@link ANONYMOUS} for a refused credential: it proves nothing
 * @throws AppError `unauthenticated`, `permission_denied`, `step_up_required`, `app_check_failed`, `rate_limited`, or what
 *   {@link authenticate} throws
 */
export async function guard(deps: GuardDeps, attempt: Attempt): Promise<Principal> {
  const { request, access, changes, requestId, decided, factorPolicy } = attempt;
  const appCheck = appCheckScopeOf(attempt);
  const privileged = needsFreshRecord(access);
  const fresh = privileged || factorPolicy === 'enrolment';
  const permission = ruleName(access);
  const inShadow = privileged ? undefined : attempt.inShadow;
  const shadow = inShadow && { enforcement: 'shadow' as const };

  async function recordRefusal(caller: Caller, reason: DecisionReason): Promise<void> {
    if (!privileged) return;
    const { issuer, subject, directoryId: actor = subject } = caller;
    const target = permissionOf(access) ?? '';
    const refusal = { action: 'access.refused', outcome: 'refused' } as const;
    await deps.audit.recordRefusal({ ...refusal, actor, issuer, target, reason, requestId });
  }

  const { name = '', rateLimit = privileged ? 'privileged' : changes ? 'write' : 'read' } = attempt;
  const address = () => clientAddress(request.headers('x-forwarded-for'), deps.config.trustedProxyHops);
  const count = (caller: Principal) => deps.rateLimits.count({ name, rateLimit, principal: caller, address });

  /** A request with a refused credential counts like one without. @returns what the caller gets */
  function countRefused(error: unknown): unknown {
    try {
      if (isRefusal(error)) count(ANONYMOUS);
      return error;
    } catch (limited) {
      return limited;
    }
  }

  /** A refusal stays one when they cannot be read. */
  async function findFactors(caller: Principal, denied: DecisionReason) {
    if (denied !== 'step-up-required' || factorPolicy === 'exempt' || caller.kind !== 'user')
      return undefined;
    return deps.secondFactors.provableFactors(caller).catch((error) => {
      deps.log.failure(requestId, toAppError(error));
      return undefined;
    });
  }

  let principal: Principal | undefined;
  let resource: Resource | undefined;
  let decision: Decision;
  try {
    attempt.check?.();
    const credential = credentialOf(deps, attempt);
    const authenticated = await authenticate(deps, credential, { fresh });
    if (authenticated.session !== undefined) {
      checkCsrf({
        ...{ request, check: attempt.csrf, session: authenticated.session.session },
        isAllowedOrigin: (origin, fetchSite) => isAllowedOrigin(deps.config, origin, fetchSite),
        caller: authenticated.principal,
      });
    }
    principal = authenticated.principal;
    // After the page was checked: another one must not use up the limit of the user. No `await` for what is in memory.
    const counting = count(principal);
    if (counting !== undefined) await counting;
    if (needsAppCheck(appCheck, principal)) {
      await deps.appCheck.check(request.headers('x-firebase-appcheck'), { changes });
      attempt.appCheckPassed?.();
    }
    if (dependsOnOwner(principal, access)) resource = await attempt.resource?.(principal);
    const rule = ruleFor(authenticated, access, deps.config.mfa, factorPolicy);
    const now = seconds(deps.clock);
    decision = decide(principal, rule, resource, now);
    if (decision.reason === 'step-up-required' && factorPolicy !== 'exempt') {
      const since = now - (decision.needed.maxAge ?? now);
      principal = await findProof(deps.secondFactors, authenticated, { fresh, since });
      decision = decide(principal, rule, resource, now);
    }
    const renewing = decision.allowed && credential && renewSession(deps, credential, authenticated, attempt);
    if (renewing) {
      // Until it is known whether the session has ended.
      principal = undefined;
      await renewing;
      principal = authenticated.principal;
    }
  } catch (thrown) {
    const error = principal === undefined ? countRefused(thrown) : thrown;
    const refusal = toAppError(error);
    const { code, reason = code, logDetail, caller } = refusal;
    const known = caller ?? principal;
    decided({
      permission,
      ...(known && callerFields(known)),
      granted: false,
      reason,
      ...(logDetail !== undefined && { detail: logDetail }),
      code,
      ...shadow,
    });
    if (inShadow) {
      inShadow(refusal);
      return principal ?? ANONYMOUS;
    }
    if (caller !== undefined && isRefusal(error)) await recordRefusal(caller, reason);
    throw error;
  }
  const { allowed: granted, reason } = decision;
  const line = { permission, ...callerFields(principal), granted, reason };
  if (decision.allowed) {
    decided(line);
    return principal;
  }
  if (inShadow) {
    const refusal = toDenialError(decision);
    decided({ ...line, ...shadow, code: refusal.code });
    inShadow(refusal);
    return principal;
  }
  decided(line);
  if (principal.kind !== 'anonymous') await recordRefusal(principal, reason);
  throw toDenialError(decision, await findFactors(principal, reason));
}
