export type Environment = Readonly<Record<string, string | undefined>>;

/** Each of these makes the SDKs or Gatehouse accept unsigned tokens, or tokens and answers of other servers. */
const DEBUGGING =
  /^(FIREBASE_\w+_EMULATOR_HOST|FIRESTORE_EMULATOR_HOST|GATEHOUSE_EMULATOR_CONFIG|FIREBASE_DEBUG_(MODE|FEATURES)|NODE_TLS_REJECT_UNAUTHORIZED)$/;

/** @throws Error that names the variables which must not be set in production */
export function refuseDebugging(env: Environment, emulator: boolean): void {
  // Cloud Run sets K_CONFIGURATION, the emulator does not: a FUNCTIONS_EMULATOR that strayed into production shows.
  const production = !emulator || env.K_CONFIGURATION !== undefined;
  const found = Object.keys(env).filter((name) => env[name] && DEBUGGING.test(name));
  if (emulator && production) found.push('FUNCTIONS_EMULATOR');
  if (production && found.length > 0) {
    throw new Error(
      `Gatehouse refuses to start in production with ${found.sort().join(', ')} set: unsigned tokens would pass.`,
    );
  }
}
