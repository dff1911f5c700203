// Imported by path from functions/: tools/ has no dependencies of its own.

import { configOf, forOperators } from '../functions/cli/connect.ts';
import { deleteApp, initializeApp } from '../functions/node_modules/firebase-admin/lib/app/index.js';
import { type Auth, getAuth } from '../functions/node_modules/firebase-admin/lib/auth/index.js';
import { createInstance } from '../functions/src/app.ts';
import { ALL_ROLES } from '../functions/src/authz/roles.ts';
import { createPlatform } from '../functions/src/platform/platform.ts';
import { ROOT } from './lib/emulator-setup.ts';

export const DEMO_PASSWORD = 'gatehouse';
/** The most powerful first. */
export const DEMO_ROLES = ALL_ROLES.toReversed();
export const demoEmail = (role: string) => `${role}@demo.test`;

/**
 * Creates one demo user for each role. Of an existing user it resets profile and password, and keeps the roles unless
 * `resetRoles` is set.
 *
 * @throws Error unless both emulator hosts are set and the project is a `demo-` project
 */
export async function seedDemoUsers(projectId: string, { resetRoles = false } = {}): Promise<void> {
  const { FIREBASE_AUTH_EMULATOR_HOST, FIRESTORE_EMULATOR_HOST } = process.env;
  if (!FIREBASE_AUTH_EMULATOR_HOST || !FIRESTORE_EMULATOR_HOST || !projectId.startsWith('demo-')) {
    throw new Error(`demo users are created only in the emulators of a demo- project, not in "${projectId}"`);
  }
  const app = initializeApp({ projectId }, 'seed');
  try {
    const config = configOf(projectId, { root: ROOT });
    const { services } = createInstance(createPlatform(config, { app, log: forOperators }));
    const { users, directory } = services;
    for (const role of DEMO_ROLES) {
      const uid = `demo-${role}`;
      await seedAccount(getAuth(app), role);
      await users.get(uid); // creates the directory entry with the role in the claims
      if (!resetRoles) continue;
      const actor = { kind: 'operator', requestId: 'seed' } as const;
      await directory.changeAccess(
        actor,
        { uid, action: 'roles.set' },
        ({ entry: { grants, disabled }, now }) => {
          const isAsSeeded = grants.length === 1 && grants[0]?.role === role && !disabled;
          return isAsSeeded
            ? undefined
            : { grants: [{ role, grantedBy: 'operator', grantedAt: now }], disabled: false };
        },
      );
    }
  } finally {
    await deleteApp(app);
  }
}

/** Imports the user: a created user would get the default role. */
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
