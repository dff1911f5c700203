import { deleteApp, initializeApp } from '../../functions/node_modules/firebase-admin/lib/app/index.js';
import type { Edit } from '../../functions/src/access/edit.ts';
import { loadConfig } from '../../functions/src/config.ts';
import { createDeps, type Deps } from '../../functions/src/deps.ts';
import { grantToIdentity } from '../../functions/src/users/first-roles.ts';

const OPERATOR = { principal: 'operator', requestId: 'test' } as const;

/** Changes a directory entry as an operator, without the API. */
export const changeDirectory = (projectId: string, about: { uid: string; action: string }, edit: Edit) =>
  asOperator(projectId, ({ changeAccess }) => changeAccess(OPERATOR, about, () => edit));

/** Creates an external user with the role `support`. */
export const createExternalUser = (projectId: string, identity: { issuer: string; subject: string }) =>
  asOperator(projectId, (deps) => grantToIdentity(deps, { ...identity, role: 'support', force: false }));

async function asOperator(projectId: string, act: (deps: Deps) => Promise<unknown>): Promise<void> {
  const app = initializeApp({ projectId }, 'operator');
  try {
    const config = loadConfig({ ...process.env, GCLOUD_PROJECT: projectId, FUNCTIONS_EMULATOR: 'true' });
    await act(createDeps(config, { app }));
  } finally {
    await deleteApp(app);
  }
}
