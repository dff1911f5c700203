import { defineString } from 'firebase-functions/params';

/**
 * What differs between a clone and the npm package. The build of the package takes `kit/distribution.ts` instead, and
 * `library/distribution.ts` for the library.
 */

export { defineBoolean, defineInt, defineSecret, defineString } from 'firebase-functions/params';

export const DEFAULT_DATABASE = '(default)';
export const DEFAULT_BASE_PATH = '/api/v1';

const region = defineString('REGION', { default: 'us-central1', description: 'Where the functions run.' });

/** Where a group of functions runs, and as whom. */
export function placement(group: string, functions: string) {
  const description = `Service account of ${functions}. Empty: the default one of the project.`;
  return { region, serviceAccount: defineString(`${group}_SERVICE_ACCOUNT`, { default: '', description }) };
}
