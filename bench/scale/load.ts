/** What users do, as the simulation has it. An application that knows its own numbers puts them here. */

/** Requests of an active user, per second: one in half a minute. */
export const REQUESTS_PER_USER = 1 / 30;

/** Seconds that an instance lives, on average, before it is replaced by one that starts cold. */
export const INSTANCE_LIFE = 1800;

/** How often each of these comes among a million requests. */
export const PER_MILLION = {
  signIn: 2_000,
  privileged: 1_000,
  signUp: 20,
  roleChange: 20,
  signOutEverywhere: 30,
  disable: 10,
  refusedPrivileged: 20,
} as const;

/** Access changes, which every instance has to hear of. Disabling makes two: before and after Firebase Auth was told. */
export const CHANGES_PER_MILLION =
  PER_MILLION.signUp + PER_MILLION.roleChange + PER_MILLION.signOutEverywhere + 2 * PER_MILLION.disable;
