import { givenConfig } from '../src/library/given-config.ts';

/**
 * Takes the place of `src/distribution.ts` in the library. It declares no parameter: without a value for each, the adopter's
 * deployments would ask for them, or fail in CI. The settings are read from the environment, which `.env` files fill.
 */

/** A database of its own: no rule, index or document of the project is concerned. */
export const DEFAULT_DATABASE = 'gatehouse';

/** Not below `/api`, which adopters often have a rewrite for. */
export const DEFAULT_BASE_PATH = '/gatehouse/v1';

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

/** Region and service account are those of the adopter's options. */
export const placement = (_group: string, _functions: string) => ({});
