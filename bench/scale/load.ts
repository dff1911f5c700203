/** Assumptions about the load. Replace them with the numbers of your application. */

/** Requests per second of an active user: one in 30 s. */
export const REQUESTS_PER_USER = 1 / 30;

/** Average lifetime of an instance in seconds. */
export const INSTANCE_LIFETIME = 1800;

/** Occurrences per million requests. */
export const PER_MILLION = {
  signIn: 2_000,
  privileged: 1_000,
  signUp: 20,
  roleChange: 20,
  signOutEverywhere: 30,
  disable: 10,
  refusedPrivileged: 20,
} as const;

/** Access changes per million requests. Disabling a user writes two: before and after Firebase Auth is updated. */
export const CHANGES_PER_MILLION =
  PER_MILLION.signUp + PER_MILLION.roleChange + PER_MILLION.signOutEverywhere + 2 * PER_MILLION.disable;
