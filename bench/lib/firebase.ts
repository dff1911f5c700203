import { createRequire } from 'node:module';
import type { App } from 'firebase-admin/app';
import type { Auth } from 'firebase-admin/auth';

const { getAuth }: typeof import('firebase-admin/auth') = createRequire(
  new URL('../../functions/package.json', import.meta.url),
)('firebase-admin/auth');

/** firebase-admin alone, in the version of the functions. */
export const authOf = (app: App): Auth => getAuth(app);
