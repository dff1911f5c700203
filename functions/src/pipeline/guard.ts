import { type AuthenticateDeps, authenticate } from '../authn/authenticate.ts';
import type { CredentialRequest } from '../authn/credential.ts';
import { findCredential } from '../authn/credential.ts';
import { type AccessRule, needsFreshRecord, permissionOf, ruleName } from '../authz/access-rule.ts';
import { decide, dependsOnOwner, type Resource, toDenialError } from '../authz/decide.ts';
import type { Principal } from '../authz/principal.ts';
import { seconds } from '../core/clock.ts';
import { AppError, type Caller, isRefusal } from '../core/errors.ts';
import type { DecisionReason } from '../core/log.ts';
import type { RequestLabels } from '../core/request-labels.ts';
import type { AppCheckVerifier } from '../platform/app-check.ts';
import type { Log } from '../platform/logging/log.ts';

export interface GuardDeps extends AuthenticateDeps {
  readonly appCheck: AppCheckVerifier;
  readonly log: Log;
  /** Where attempts at privileged access are recorded that were refused. */
  readonly audit: { recordRefusal(attempt: RefusedAttempt): Promise<void> };
}

export interface RefusedAttempt {
  readonly actor: string;
  readonly issuer: string;
  readonly action: 'access.refused';
  /** The permission that was asked for. */
  readonly target: string;
  readonly outcome: 'refused';
  readonly reason: DecisionReason;
  readonly requestId: string;
}

/** A call that asks for access. */
interface Attempt {
  readonly request: CredentialRequest;
  /** Every line of the header as received: Node keeps only the first line in `headers`. */
  readonly appCheck: readonly string[];
  /** As a rule: wherever `access` is not public. */
  readonly needsAppCheck?: boolean | undefined;
  readonly access: AccessRule;
  /** Does it change something? Then App Check's replay protection applies. */
  readonly changes: boolean;
  /** Only asked for when the decision hangs on whose it is. */
  readonly resource?: ((principal: Principal) => Promise<Resource | undefined>) | undefined;
  readonly requestId: string;
  /** For the line in the log. */
  readonly labels: RequestLabels;
}

/**
 * The gate that every request passes, HTTP and callable alike: App Check, authenticate, decide, one line in the log.
 *
 * @throws AppError `unauthenticated`, `permission_denied`, `app_check_failed`, or what {@link authenticate} throws
 */
export async function guard(deps: GuardDeps, attempt: Attempt): Promise<Principal> {
  const { request, appCheck, access, changes, requestId, labels } = attempt;
  const { needsAppCheck = access !== 'public' } = attempt;
  let principal: Principal;
  try {
    const credential = findCredential(deps.authenticators, request);
    if (needsAppCheck) await deps.appCheck.check(appCheck, { changes });
    principal = await authenticate(deps, credential, { fresh: needsFreshRecord(access) });
  } catch (error) {
    if (error instanceof AppError) {
      const { code, reason = code, logDetail, caller } = error;
      const whose = caller && { issuer: caller.issuer, subject: caller.subject };
      deps.log.decision({
        requestId,
        labels,
        permission: ruleName(access),
        ...whose,
        granted: false,
        reason,
        ...(logDetail !== undefined && { detail: logDetail }),
        code,
      });
      if (caller !== undefined && isRefusal(error) && needsFreshRecord(access))
        await recordRefusal(caller, reason);
    }
    throw error;
  }
  const resource = dependsOnOwner(principal, access) ? await attempt.resource?.(principal) : undefined;
  const decision = decide(principal, access, resource, seconds(deps.clock));
  const { issuer, subject } = principal;
  deps.log.decision({
    requestId,
    labels,
    permission: ruleName(access),
    issuer,
    subject,
    granted: decision.allowed,
    reason: decision.reason,
  });
  if (decision.allowed) return principal;
  if (principal.kind !== 'anonymous' && needsFreshRecord(access)) {
    await recordRefusal(principal, decision.reason);
  }
  throw toDenialError(decision);

  function recordRefusal(
    { issuer, subject, directoryId: actor = subject }: Caller,
    reason: DecisionReason,
  ): Promise<void> {
    const target = permissionOf(access) ?? '';
    const attempt = {
      actor,
      issuer,
      action: 'access.refused',
      target,
      outcome: 'refused',
      reason,
      requestId,
    } as const;
    return deps.audit.recordRefusal(attempt);
  }
}
