import { givenConfig } from '../src/library/given-config.ts';

/**
 * Takes the place of `src/distribution.ts` in the library. It declares no parameter but the secret: without a value for each,
 * the adopter's deployments would ask for them, or fail in CI. The settings are read from the environment, which `.env`
 * files fill.
 */

export { DEFAULT_BASE_PATH, DEFAULT_DATABASE, defineSecret, placement } from '../kit/distribution.ts';

const setting = <Value>(
  name: string,
  options: { readonly default: Value; readonly description: string },
) => ({
  name,
  options,
});

export const defineString = setting<string>;
export const defineInt = setting<number>;

/** Only `identityPlatform` is compared when functions are defined. */
export const defineBoolean = (...declared: Parameters<typeof setting<boolean>>) => ({
  ...setting(...declared),
  equals: (value: boolean) => value === givenConfig().identityPlatform,
});
