import { deleteApp, initializeApp } from '../../functions/node_modules/firebase-admin/lib/app/index.js';
import type { Edit } from '../../functions/src/access/edit.ts';
import { loadConfig } from '../../functions/src/config.ts';
import { createDeps } from '../../functions/src/deps.ts';

const OPERATOR = { principal: 'operator', requestId: 'test' } as const;

/** Changes somebody's access as an operator does, past the API. */
export async function changeAsOperator(
  projectId: string,
  { uid, action }: { uid: string; action: string },
  edit: Edit,
): Promise<void> {
  const app = initializeApp({ projectId }, 'operator');
  try {
    const config = loadConfig({ ...process.env, GCLOUD_PROJECT: projectId, FUNCTIONS_EMULATOR: 'true' });
    await createDeps(config, { app }).changeAccess(OPERATOR, { uid, action }, () => edit);
  } finally {
    await deleteApp(app);
  }
}
