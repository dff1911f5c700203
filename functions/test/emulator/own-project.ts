import { randomUUID } from 'node:crypto';
import type { Express } from 'express';
import { type App, deleteApp, initializeApp } from 'firebase-admin/app';
import { type Auth, getAuth, type UserImportRecord } from 'firebase-admin/auth';
import { getFirestore } from 'firebase-admin/firestore';
import { after } from 'mocha';
import type { Role } from '../../src/authz/roles.ts';
import { type Config, loadConfig } from '../../src/config.ts';
import { createApp } from '../../src/http/app.ts';
import { forgeToken } from '../helpers/emulator.ts';
import { silentLog } from '../helpers/log.ts';
import { openInstance, type TestInstance } from '../helpers/open-instance.ts';

/**
 * A separate project in the emulators, which keep users and documents apart by project id. So a test knows all users,
 * and runs Gatehouse in this process with its own settings.
 */
export interface Project {
  readonly id: string;
  /** Firebase Auth of the project, through the Admin SDK. */
  readonly auth: Auth;
  /** Imports a user with the roles in the claims, at version 1; without a directory entry yet. @returns the uid */
  add(roles: readonly Role[], options?: Partial<UserImportRecord>): Promise<string>;
  addMany(count: number, rolesOf: (n: number) => readonly Role[]): Promise<string[]>;
  /** A token with the user's current claims. */
  token(uid: string): Promise<string>;
  /** @param config replaces settings of the emulator */
  instance(config?: Partial<Config>): Instance;
  /** All documents of a collection, by id. @param databaseId default: `(default)` */
  documents(collection: string, databaseId?: string): Promise<ReadonlyMap<string, Record<string, unknown>>>;
  /** The names of the collections at the root. @param databaseId default: `(default)` */
  collections(databaseId?: string): Promise<string[]>;
}

export interface Instance {
  readonly deps: TestInstance;
  readonly http: Express;
}

const apps: App[] = [];
after('close the Firebase apps of own projects', () => Promise.all(apps.map(deleteApp)));

export function openProject(): Project {
  const id = `demo-own-${randomUUID()}`;
  const app = openApp(id);
  const auth = getAuth(app);

  async function importUsers(users: UserImportRecord[]): Promise<void> {
    const { errors } = await auth.importUsers(users);
    if (errors[0] !== undefined) throw errors[0].error;
  }

  return {
    id,
    auth,
    instance(config = {}) {
      const env = { ...process.env, GCLOUD_PROJECT: id, FUNCTIONS_EMULATOR: 'true' };
      const deps = openInstance({ ...loadConfig(env), ...config }, { app: openApp(id), log: silentLog });
      return { deps, http: createApp(deps) };
    },
    async add(roles, options = {}) {
      const uid = randomUUID();
      await importUsers([{ uid, customClaims: { roles, rv: 1 }, ...options }]);
      return uid;
    },
    async addMany(count, rolesOf) {
      const users = Array.from({ length: count }, (_, n) => ({
        uid: randomUUID(),
        customClaims: { roles: rolesOf(n), rv: 1 },
      }));
      for (let from = 0; from < count; from += 1000) await importUsers(users.slice(from, from + 1000));
      return users.map(({ uid }) => uid);
    },
    async token(uid) {
      const { customClaims } = await auth.getUser(uid);
      return forgeToken(uid, id, customClaims);
    },
    async documents(collection, databaseId = '(default)') {
      const { docs } = await getFirestore(app, databaseId).collection(collection).get();
      return new Map(docs.map((document) => [document.id, document.data()]));
    },
    async collections(databaseId = '(default)') {
      return (await getFirestore(app, databaseId).listCollections()).map(({ id }) => id);
    },
  };
}

function openApp(projectId: string): App {
  const app = initializeApp({ projectId }, randomUUID());
  apps.push(app);
  return app;
}
