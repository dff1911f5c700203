// The Admin SDK is the deployable's; a path, because tools/ has no dependencies of its own.
import { deleteApp, initializeApp } from '../functions/node_modules/firebase-admin/lib/app/index.js';
import { type Auth, getAuth } from '../functions/node_modules/firebase-admin/lib/auth/index.js';

export const DEMO_PASSWORD = 'gatehouse';
export const DEMO_ROLES = ['owner', 'admin', 'support', 'auditor', 'member'] as const;
export const demoEmail = (role: string) => `${role}@demo.test`;

/**
 * Creates one demo user for each role, or puts the existing one back into shape. Talks to the Auth emulator alone:
 * throws unless FIREBASE_AUTH_EMULATOR_HOST is set and the project is a `demo-` one.
 */
export async function seedDemoUsers(projectId: string): Promise<void> {
  if (!process.env.FIREBASE_AUTH_EMULATOR_HOST || !projectId.startsWith('demo-')) {
    throw new Error(`demo users belong in the Auth emulator of a demo- project, not in "${projectId}"`);
  }
  const app = initializeApp({ projectId }, 'seed');
  try {
    const auth = getAuth(app);
    await Promise.all(DEMO_ROLES.map((role) => seedUser(auth, role)));
  } finally {
    await deleteApp(app);
  }
}

async function seedUser(auth: Auth, role: string): Promise<void> {
  const uid = `demo-${role}`;
  const user = {
    email: demoEmail(role),
    emailVerified: true,
    password: DEMO_PASSWORD,
    displayName: `Demo ${role}`,
  };
  const { users } = await auth.getUsers([{ uid }]);
  await (users.length ? auth.updateUser(uid, user) : auth.createUser({ uid, ...user }));
  await auth.setCustomUserClaims(uid, { roles: [role], rv: 1 });
}
