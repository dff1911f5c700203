import type { ProductConfig } from '../product-config.ts';

/** What `createGatehouse` got. */
export interface GivenConfig extends ProductConfig {
  readonly identityPlatform: boolean;
}

/** Shared with the command line of the package, which is another bundle. */
const GIVEN = Symbol.for('@gatehouse/functions/library');
// TypeScript does not know the properties that modules add.
const shared = globalThis as { [GIVEN]?: GivenConfig };

/** Before `runtime.ts` is loaded, which reads it. */
export function giveConfig(config: GivenConfig): void {
  shared[GIVEN] = config;
}

export const findGivenConfig = (): GivenConfig | undefined => shared[GIVEN];

export function givenConfig(): GivenConfig {
  const given = findGivenConfig();
  if (given === undefined) throw new Error('createGatehouse was not called');
  return given;
}
