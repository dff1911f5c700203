import { countedAssurance } from '../authn/oidc/firebase-token.ts';
import type { AccessRecord } from '../authn/ports.ts';
import type { ReadSession, Session } from '../authn/session-cookie/ports.ts';
import { withStepUp } from '../authz/factor-policy.ts';
import { isPrivileged } from '../authz/permissions.ts';
import { activeRoles } from '../authz/role-claims.ts';
import { permissionsOf } from '../authz/roles.ts';
import type { Assurance } from '../core/access-types.ts';
import type { SessionConfig, SessionLimits } from '../product-config.ts';
import type { SessionStepUp, StoredSession } from './session-document.ts';

/** How long a session lives. Pure. Times are seconds since the epoch. */

/** A rotated cookie value is accepted for this long: the requests of a page are sent in parallel. */
export const OVERLAP_SECONDS = 30;

/** Longest time between two writes of `lastSeen` while a session is used. */
export const LAST_SEEN_SECONDS = 600;

/** The limits by the roles that the user has now. */
function limitsOf({ grants }: AccessRecord, now: number, config: SessionConfig): SessionLimits {
  return permissionsOf(activeRoles(grants, now)).some(isPrivileged) ? config.privileged : config;
}

/** What revocations are compared with. A session that one of them has kept counts as of that one. */
export function validSinceOf(
  { id, validSince }: Pick<StoredSession, 'id' | 'validSince'>,
  { keptSession, validAfter }: AccessRecord,
): number {
  return id === keptSession ? Math.max(validSince, validAfter) : validSince;
}

/** What the user of a session has proved: the later of a sign-in with two factors and a step-up that still counts. */
function assuranceOf(
  session: Pick<StoredSession, 'uid' | 'assurance'>,
  stepUp: SessionStepUp | undefined,
  record: AccessRecord,
): Assurance {
  const signIn = countedAssurance(session, record);
  if (stepUp?.rolesVersion !== record.rolesVersion) return signIn;
  const { at, methods } = stepUp;
  return withStepUp(signIn, { level: 'aal2', at, methods });
}

/** A stored session as the record and the limits have it now. */
export function toSession(
  { replacedUntil, stepUp, ...session }: StoredSession,
  record: AccessRecord,
  now: number,
  config: SessionConfig,
): Session {
  const { idle, absolute } = limitsOf(record, now, config);
  const last = replacedUntil ?? Number.POSITIVE_INFINITY;
  return {
    ...session,
    assurance: assuranceOf(session, stepUp, record),
    validSince: validSinceOf(session, record),
    idleEnd: Math.min(session.lastSeen + idle, last),
    absoluteEnd: Math.min(session.created + absolute, last),
    ...(replacedUntil !== undefined && { replaced: true }),
  };
}

export function hasEnded({ idleEnd, absoluteEnd }: Session, now: number): boolean {
  return now >= idleEnd || now >= absoluteEnd;
}

/** When Firestore may delete the document. Privileged users have shorter limits, and may become ordinary ones. */
export function expiryOf(
  { lastSeen, created, replacedUntil }: StoredSession,
  { idle, absolute }: SessionLimits,
): number {
  return replacedUntil ?? Math.min(lastSeen + idle, created + absolute);
}

/** The cookie value was issued for other roles. */
export function hasOtherRoles({ session, record }: Pick<ReadSession, 'session' | 'record'>): boolean {
  return session.rolesVersion !== record.rolesVersion;
}

/** Has the session to be renewed now? In the second half of the idle time, or after ten minutes if that is earlier. */
export function isDue(
  read: Pick<ReadSession, 'session' | 'record'>,
  now: number,
  { canRotate }: { readonly canRotate: boolean },
): boolean {
  const { idleEnd, lastSeen, replaced } = read.session;
  if (replaced) return false;
  if (canRotate && hasOtherRoles(read)) return true;
  return now >= lastSeen + Math.min(LAST_SEEN_SECONDS, (idleEnd - lastSeen) / 2);
}
