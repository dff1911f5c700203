// The Admin SDK is the deployable's; a path, because tools/ has no dependencies of its own.
import { deleteApp, initializeApp } from '../functions/node_modules/firebase-admin/lib/app/index.js';
import { type Auth, getAuth } from '../functions/node_modules/firebase-admin/lib/auth/index.js';
import { ALL_ROLES } from '../functions/src/authz/roles.ts';
import { loadConfig } from '../functions/src/config.ts';
import { createDeps } from '../functions/src/deps.ts';
import { forOperators } from './lib/connect.ts';

export const DEMO_PASSWORD = 'gatehouse';
/** The most powerful first. */
export const DEMO_ROLES = ALL_ROLES.toReversed();
export const demoEmail = (role: string) => `${role}@demo.test`;

/**
 * Creates one demo user for each role, or puts the existing one's sign-in back into shape. Roles that were changed since
 * stay changed, unless they shall be reset. Talks to emulators alone: throws unless both hosts are set and the project is a `demo-` one.
 */
export async function seedDemoUsers(projectId: string, { resetRoles = false } = {}): Promise<void> {
  const { FIREBASE_AUTH_EMULATOR_HOST, FIRESTORE_EMULATOR_HOST } = process.env;
  if (!FIREBASE_AUTH_EMULATOR_HOST || !FIRESTORE_EMULATOR_HOST || !projectId.startsWith('demo-')) {
    throw new Error(`demo users belong in the emulators of a demo- project, not in "${projectId}"`);
  }
  const app = initializeApp({ projectId }, 'seed');
  try {
    const config = loadConfig({ ...process.env, GCLOUD_PROJECT: projectId, FUNCTIONS_EMULATOR: 'true' });
    const { users, changeAccess } = createDeps(config, { app, log: forOperators });
    for (const role of DEMO_ROLES) {
      const uid = `demo-${role}`;
      await seedAccount(getAuth(app), role);
      await users.get(uid); // which enters it in the directory, with the role that its claims say
      if (!resetRoles) continue;
      const actor = { principal: 'operator', requestId: 'seed' };
      await changeAccess(actor, { uid, action: 'roles.set' }, ({ entry: { grants, disabled }, now }) => {
        const isAsSeeded = grants.length === 1 && grants[0]?.role === role && !disabled;
        return isAsSeeded
          ? undefined
          : { grants: [{ role, grantedBy: 'operator', grantedAt: now }], disabled: false };
      });
    }
  } finally {
    await deleteApp(app);
  }
}

/** Imported, because a user who is created is given the default role. */
async function seedAccount(auth: Auth, role: string): Promise<void> {
  const uid = `demo-${role}`;
  const profile = { email: demoEmail(role), emailVerified: true, displayName: `Demo ${role}` };
  const { users } = await auth.getUsers([{ uid }]);
  if (users.length === 0) {
    const { errors } = await auth.importUsers([{ uid, ...profile, customClaims: { roles: [role], rv: 1 } }]);
    if (errors[0]) throw errors[0].error;
  }
  await auth.updateUser(uid, { ...profile, password: DEMO_PASSWORD });
}
