import type { AppCheckGate } from './authn/app-check.ts';
import { type AuthenticateDeps, authenticate } from './authn/authenticate.ts';
import { findCredential } from './authn/credential.ts';
import type { Principal } from './authn/principal.ts';
import {
  type Access,
  type Decision,
  decide,
  needsFreshRecord,
  permissionOf,
  type Resource,
} from './authz/decide.ts';
import { AppError } from './errors.ts';
import type { Log } from './log.ts';

export interface GuardDeps extends AuthenticateDeps {
  readonly appCheck: AppCheckGate;
  readonly log: Log;
}

/** Who wants to pass, and where. Headers as received, every line of them: Node keeps only the first otherwise. */
interface Attempt {
  readonly authorization: readonly string[];
  readonly appCheck: readonly string[];
  readonly access: Access;
  /** Does it change something? Then App Check's replay protection applies. */
  readonly changes: boolean;
  /** Only asked for once somebody is signed in. */
  readonly resource?: (() => Resource) | undefined;
  readonly requestId: string;
}

/**
 * The gate that every request passes, HTTP and callable alike: App Check, authenticate, decide, one line in the log.
 *
 * @throws AppError `unauthenticated`, `permission_denied`, `app_check_failed`, or what {@link authenticate} throws
 */
export async function guard(deps: GuardDeps, attempt: Attempt): Promise<Principal> {
  const { authorization, appCheck, access, changes, requestId } = attempt;
  let principal: Principal;
  try {
    const credential = findCredential(authorization);
    if (access !== 'public') await deps.appCheck.check(appCheck, { changes });
    principal = await authenticate(deps, credential, { fresh: needsFreshRecord(access) });
  } catch (error) {
    if (error instanceof AppError) {
      const { code, reason = code, subject } = error;
      const whose = subject === undefined ? {} : { subject };
      deps.log.decision({ requestId, access, ...whose, granted: false, reason, code });
    }
    throw error;
  }
  const resource = principal.kind === 'anonymous' ? undefined : attempt.resource?.();
  const decision = decide(principal, access, resource);
  const { issuer, subject } = principal;
  deps.log.decision({
    requestId,
    access,
    issuer,
    subject,
    granted: decision.allowed,
    reason: decision.reason,
  });
  if (!decision.allowed) throw refusal(decision, access);
  return principal;
}

function refusal(decision: Decision & { allowed: false }, access: Access): AppError {
  if (decision.reason === 'anonymous')
    return new AppError('unauthenticated', 'Send an Authorization header: Bearer <ID token>.');
  const permission = permissionOf(access) ?? '';
  return decision.reason === 'not-own'
    ? new AppError('permission_denied', 'This belongs to somebody else.', { missing: permission })
    : new AppError('permission_denied', `This needs the permission ${permission}.`, { missing: permission });
}
