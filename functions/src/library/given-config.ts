import type { ProductConfig } from '../product-config.ts';

/** What `createGatehouse` got. */
export interface GivenConfig extends ProductConfig {
  readonly identityPlatform: boolean;
}

let given: GivenConfig | undefined;

/** Before `runtime.ts` is loaded, which reads it. */
export function giveConfig(config: GivenConfig): void {
  given = config;
}

export function givenConfig(): GivenConfig {
  if (given === undefined) throw new Error('createGatehouse was not called');
  return given;
}
