import { deleteApp, initializeApp } from '../../functions/node_modules/firebase-admin/lib/app/index.js';
import { createInstance, type Instance } from '../../functions/src/app.ts';
import type { AuditAction } from '../../functions/src/audit/audit-actions.ts';
import { externalId } from '../../functions/src/authn/external-identity.ts';
import { loadConfig } from '../../functions/src/config.ts';
import type { Edit } from '../../functions/src/directory/edit.ts';
import { provisionExternalUser } from '../../functions/src/directory/index.ts';
import { createPlatform } from '../../functions/src/platform/platform.ts';
import { grantToExternalUser } from '../../functions/src/users/operator-grant.ts';

const OPERATOR = { kind: 'operator', requestId: 'test' } as const;

/** Changes a directory entry as an operator, without the API. */
export const changeDirectory = (projectId: string, about: { uid: string; action: AuditAction }, edit: Edit) =>
  asOperator(projectId, ({ services }) => services.directory.changeAccess(OPERATOR, about, () => edit));

type NewExternalUser = Omit<Parameters<typeof provisionExternalUser>[1], 'id'>;

/** Creates an external user with the role `support`. */
export const createExternalUser = (projectId: string, identity: NewExternalUser) =>
  asOperator(projectId, async ({ accounts, clock, services: { directory } }) => {
    const { issuer, subject } = identity;
    await provisionExternalUser(directory, { id: externalId(issuer, subject), ...identity });
    const granted = { issuer, subject, role: 'support', force: false } as const;
    await grantToExternalUser({ accounts, clock, directory }, granted);
  });

/** Sets the list of owners, without their grants: a project without an owner cannot be made through the directory. */
export const setOwners = (projectId: string, uids: readonly string[]) =>
  asOperator(projectId, async ({ firestore }) => (await firestore()).db.doc('system/owners').set({ uids }));

/**
 * Moves the last requests of a user's sessions into the past, as time does.
 *
 * @returns when the last one was before, in seconds since the epoch
 */
export const ageSessions = (projectId: string, uid: string, seconds: number) =>
  asOperator(projectId, async ({ firestore }) => {
    const { db } = await firestore();
    const { docs } = await db.collection('sessions').where('user', '==', uid).get();
    const times = docs.map((doc): number => doc.get('lastSeen').seconds);
    const older = times.map((time) => new Date((time - seconds) * 1000));
    await Promise.all(docs.map((doc, at) => doc.ref.update({ lastSeen: older[at] })));
    return Math.max(...times);
  });

async function asOperator<T>(projectId: string, act: (instance: Instance) => Promise<T>): Promise<T> {
  const app = initializeApp({ projectId }, 'operator');
  try {
    const config = loadConfig({ ...process.env, GCLOUD_PROJECT: projectId, FUNCTIONS_EMULATOR: 'true' });
    return await act(createInstance(createPlatform(config, { app })));
  } finally {
    await deleteApp(app);
  }
}
