import type { TimedRole } from '../authz/role-claims.ts';
import type { Role } from '../authz/roles.ts';
import { omitUndefined } from '../core/omit-undefined.ts';

/** A role given to a user: by whom, when, until when, why. Times are seconds since the epoch. */
export interface Grant extends TimedRole {
  readonly role: Role;
  /** Where the role counts; absent: in the whole project, the only scope there is today. */
  readonly scope?: 'project';
  /** Directory id of who gave it, or the name of what did, e.g. `system`. */
  readonly grantedBy: string;
  readonly grantedAt: number;
  readonly expiresAt?: number | undefined;
  readonly reason?: string | undefined;
}

/** A grant as somebody asks for it. */
export type GrantRequest = Pick<Grant, 'role' | 'expiresAt' | 'reason'>;

/** Grants as the audit trail has them: what was given, until when and why. */
export function summarizeGrants(grants: readonly Grant[]): Record<string, unknown>[] {
  return grants.map(({ role, expiresAt, reason }) => omitUndefined({ role, expiresAt, reason }));
}

/** The grants asked for; one that stays as it was keeps its giver, its time and its reason. */
export function applyGrantRequests(
  before: readonly Grant[],
  asked: readonly GrantRequest[],
  { by, now }: { by: string; now: number },
): Grant[] {
  return asked.map(({ role, expiresAt, reason }) => {
    const held = before.find((grant) => grant.role === role && grant.expiresAt === expiresAt);
    const kept = held !== undefined && (reason === undefined || reason === held.reason);
    return kept ? held : { role, grantedBy: by, grantedAt: now, expiresAt, reason };
  });
}
