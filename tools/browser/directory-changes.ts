import { deleteApp, initializeApp } from '../../functions/node_modules/firebase-admin/lib/app/index.js';
import { createInstance, type Instance } from '../../functions/src/app.ts';
import type { AuditAction } from '../../functions/src/audit/audit-actions.ts';
import { loadConfig } from '../../functions/src/config.ts';
import type { Edit } from '../../functions/src/directory/edit.ts';
import { createPlatform } from '../../functions/src/platform/platform.ts';
import { grantToExternalUser } from '../../functions/src/users/operator-grant.ts';

const OPERATOR = { kind: 'operator', requestId: 'test' } as const;

/** Changes a directory entry as an operator, without the API. */
export const changeDirectory = (projectId: string, about: { uid: string; action: AuditAction }, edit: Edit) =>
  asOperator(projectId, ({ services }) => services.directory.changeAccess(OPERATOR, about, () => edit));

/** Creates an external user with the role `support`. */
export const createExternalUser = (projectId: string, identity: { issuer: string; subject: string }) =>
  asOperator(projectId, ({ accounts, clock, services: { directory } }) =>
    grantToExternalUser({ accounts, clock, directory }, { ...identity, role: 'support', force: false }),
  );

async function asOperator(projectId: string, act: (instance: Instance) => Promise<unknown>): Promise<void> {
  const app = initializeApp({ projectId }, 'operator');
  try {
    const config = loadConfig({ ...process.env, GCLOUD_PROJECT: projectId, FUNCTIONS_EMULATOR: 'true' });
    await act(createInstance(createPlatform(config, { app })));
  } finally {
    await deleteApp(app);
  }
}
