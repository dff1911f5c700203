import { deleteApp, initializeApp } from '../../functions/node_modules/firebase-admin/lib/app/index.js';
import type { AuditAction } from '../../functions/src/audit/audit-actions.ts';
import { loadConfig } from '../../functions/src/config.ts';
import { createDeps, type Deps } from '../../functions/src/deps.ts';
import type { Edit } from '../../functions/src/directory/edit.ts';
import { grantToExternalUser } from '../../functions/src/users/operator-grant.ts';

const OPERATOR = { kind: 'operator', requestId: 'test' } as const;

/** Changes somebody's access as an operator does, past the API. */
export const changeAsOperator = (
  projectId: string,
  about: { uid: string; action: AuditAction },
  edit: Edit,
) => asOperator(projectId, ({ changeAccess }) => changeAccess(OPERATOR, about, () => edit));

/** Enters somebody of another issuer, as a supporter. */
export const enterAsOperator = (projectId: string, identity: { issuer: string; subject: string }) =>
  asOperator(projectId, (deps) => grantToExternalUser(deps, { ...identity, role: 'support', force: false }));

async function asOperator(projectId: string, act: (deps: Deps) => Promise<unknown>): Promise<void> {
  const app = initializeApp({ projectId }, 'operator');
  try {
    const config = loadConfig({ ...process.env, GCLOUD_PROJECT: projectId, FUNCTIONS_EMULATOR: 'true' });
    await act(createDeps(config, { app }));
  } finally {
    await deleteApp(app);
  }
}
