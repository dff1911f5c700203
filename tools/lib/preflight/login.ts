import { createRequire } from 'node:module';
import { ROOT } from '../emulator-setup.ts';

const require = createRequire(`${ROOT}/package.json`);
const auth: {
  selectAccount(email: string | undefined, projectRoot: string): object | undefined;
  setActiveAccount(options: object, account: object): void;
} = require('firebase-tools/lib/auth.js');
const {
  requireAuth,
}: { requireAuth(options: object): Promise<unknown> } = require('firebase-tools/lib/requireAuth.js');
const { getAccessToken }: { getAccessToken(): Promise<string> } = require('firebase-tools/lib/apiv2.js');

/**
 * The login of the Firebase CLI: `firebase login`, FIREBASE_TOKEN or the application default credentials.
 *
 * @returns gives an access token, renewed if necessary
 * @throws Error if there is none
 */
export async function logIn(projectId: string, account?: string): Promise<() => Promise<string>> {
  const options = { project: projectId, projectRoot: ROOT };
  const selected = auth.selectAccount(account, ROOT);
  if (selected) auth.setActiveAccount(options, selected);
  await requireAuth(options);
  await getAccessToken(); // kept by the CLI: calls at the same time would each ask for one
  return getAccessToken;
}
