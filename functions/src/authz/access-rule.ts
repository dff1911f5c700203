import { isPrivileged, type Permission } from './permissions.ts';
import type { AssuranceLevel } from './principal.ts';

/** How the caller must have proved who they are (RFC 9470). */
export interface AssuranceRule {
  readonly assurance?: AssuranceLevel;
  /** Longest time since the sign-in, in seconds. */
  readonly maxAge?: number;
}

/**
 * Who may call an operation. There is no default: every operation declares one.
 * - `public`: everyone. The operation never looks at the principal, and no credential is read
 * - `signed-in`, or `{ signedIn: true }` with an assurance: any authenticated principal
 * - a permission; with `own`, only for resources that belong to the caller, `unless` the caller also holds another permission
 */
export type AccessRule = 'public' | 'signed-in' | SignedInRule | PermissionRule;

type SignedInRule = AssuranceRule & { readonly signedIn: true; readonly permission?: never };

export type PermissionRule = AssuranceRule & {
  readonly permission: Permission;
  readonly signedIn?: never;
} & (
    | { readonly own?: never; readonly unless?: never }
    | { readonly own: true; readonly unless?: Permission }
  );

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
