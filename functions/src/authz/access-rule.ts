import type { AccessRuleOf } from '../core/access-types.ts';
import { isPrivileged, type Permission } from './permissions.ts';

/** Who may call an operation. There is no default: every operation declares one. */
export type AccessRule = AccessRuleOf<Permission>;

export type PermissionRule = Extract<AccessRule, { readonly permission: Permission }>;

/** The permission that a rule asks for, if it asks for one. */
export function permissionOf(rule: AccessRule): Permission | undefined {
  return typeof rule === 'string' ? undefined : rule.permission;
}

/** The rule as a log line names it: its permission, `public` or `signed-in`. */
export function ruleName(rule: AccessRule): string {
  return typeof rule === 'string' ? rule : (rule.permission ?? 'signed-in');
}

/** Must this rule be decided on the server-side record, because a permission that it names is privileged? */
export function needsFreshRecord(rule: AccessRule): boolean {
  if (typeof rule === 'string' || rule.signedIn === true) return false;
  return isPrivileged(rule.permission) || (rule.unless !== undefined && isPrivileged(rule.unless));
}
