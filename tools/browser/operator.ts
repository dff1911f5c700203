import { deleteApp, initializeApp } from '../../functions/node_modules/firebase-admin/lib/app/index.js';
import type { ChangeAccess } from '../../functions/src/access/change-access.ts';
import { loadConfig } from '../../functions/src/config.ts';
import { createDeps } from '../../functions/src/deps.ts';
import { DEMO_ROLES, seedDemoUsers } from '../seed.ts';

const OPERATOR = { principal: 'operator', requestId: 'test' } as const;

/** Changes access as an operator does, past the API. */
async function withChangeAccess(projectId: string, act: (changeAccess: ChangeAccess) => Promise<void>) {
  const app = initializeApp({ projectId }, 'operator');
  try {
    const config = loadConfig({ ...process.env, GCLOUD_PROJECT: projectId, FUNCTIONS_EMULATOR: 'true' });
    await act(createDeps(config, { app }).changeAccess);
  } finally {
    await deleteApp(app);
  }
}

/**
 * Gives each demo user their one role again, so that no test sees what another one changed. Versions go on counting:
 * the functions remember those they have seen.
 */
export async function resetDemoUsers(projectId: string): Promise<void> {
  await seedDemoUsers(projectId);
  await withChangeAccess(projectId, async (changeAccess) => {
    for (const role of DEMO_ROLES) {
      await changeAccess(OPERATOR, { uid: `demo-${role}`, action: 'roles.set' }, ({ entry, now }) =>
        entry.grants.length === 1 && entry.grants[0]?.role === role
          ? undefined
          : { grants: [{ role, grantedBy: 'operator', grantedAt: now }] },
      );
    }
  });
}

/** Ends all of a user's sessions. */
export async function endSessions(projectId: string, uid: string): Promise<void> {
  await withChangeAccess(projectId, async (changeAccess) => {
    await changeAccess(OPERATOR, { uid, action: 'sessions.revoke' }, () => ({ revoke: true }));
  });
}
