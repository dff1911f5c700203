/** Takes the place of `src/distribution.ts` in the npm package. */

export { defineBoolean, defineInt, defineSecret, defineString } from 'firebase-functions/params';

/** A database of its own: no rule, index or document of the project is concerned. */
export const DEFAULT_DATABASE = 'gatehouse';

/** Not below `/api`, which adopters often have a rewrite for. */
export const DEFAULT_BASE_PATH = '/gatehouse/v1';

/** Region and service account are those of `setGlobalOptions` in the adopter's code. */
export const placement = (_group: string, _functions: string) => ({});
