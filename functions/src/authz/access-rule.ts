import { isPrivileged, type Permission } from './permissions.ts';

/**
 * Who may call an operation. There is no default: every operation declares one.
 * - `public`: everyone, with or without a valid credential
 * - `signed-in`: any authenticated principal
 * - a permission; with `own`, only for resources that belong to the caller, `unless` the caller also holds another permission
 */
export type AccessRule = 'public' | 'signed-in' | PermissionRule;

export type PermissionRule =
  | { readonly permission: Permission; readonly own?: never; readonly unless?: never }
  | { readonly permission: Permission; readonly own: true; readonly unless?: Permission };

/** The permission that a rule asks for, if it asks for one. */
export function permissionOf(rule: AccessRule): Permission | undefined {
  return typeof rule === 'string' ? undefined : rule.permission;
}

/** The rule in one word, for logs: its permission, `public` or `signed-in`. */
export function ruleName(rule: AccessRule): string {
  return typeof rule === 'string' ? rule : rule.permission;
}

/** Must this rule be decided on the server-side record, because its permission is privileged? */
export function needsFreshRecord(rule: AccessRule): boolean {
  return typeof rule !== 'string' && isPrivileged(rule.permission);
}
