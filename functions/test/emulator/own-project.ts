import { randomUUID } from 'node:crypto';
import type { Express } from 'express';
import { type App, deleteApp, initializeApp } from 'firebase-admin/app';
import { getAuth, type UpdateRequest } from 'firebase-admin/auth';
import { after } from 'mocha';
import { createPrincipal, type Principal } from '../../src/authn/principal.ts';
import type { Role } from '../../src/authz/roles.ts';
import { type Config, loadConfig } from '../../src/config.ts';
import { createDeps, type Deps } from '../../src/deps.ts';
import { createApp } from '../../src/http/app.ts';
import type { Log } from '../../src/log.ts';
import type { AccountStore } from '../../src/users/account-store.ts';
import { type Actor, createUsersService, type UsersService } from '../../src/users/users-service.ts';
import { forgeToken } from '../helpers/emulator.ts';

/**
 * A project of one's own in the Auth emulator: it keeps users apart by project id. So a test knows all owners there
 * are, and can run several instances of Gatehouse in this process against it.
 */
export interface Project {
  readonly id: string;
  /** @returns the new user's uid; the roles are at version 1 */
  add(roles: readonly Role[], options?: Options): Promise<string>;
  addMany(count: number, rolesOf: (n: number) => readonly Role[]): Promise<string[]>;
  /** As an operator would, past Gatehouse. */
  update(uid: string, changes: UpdateRequest): Promise<void>;
  /** A token of the user as they are now. */
  token(uid: string, authTime?: number): Promise<string>;
  instance(options?: InstanceOptions): Instance;
  /** The store that an instance without decoration uses. */
  readonly store: AccountStore;
  enabledOwners(): Promise<string[]>;
}

interface Options {
  readonly disabled?: boolean;
  readonly claims?: Record<string, unknown>;
  readonly email?: string;
}

interface InstanceOptions {
  readonly config?: Partial<Config>;
  /** Stands between the service and Firebase Auth. */
  readonly decorate?: (store: AccountStore) => AccountStore;
}

export interface Instance {
  readonly deps: Deps;
  readonly users: UsersService;
  readonly http: Express;
}

const silent: Log = { decision() {}, transport() {}, change() {}, failure() {} };
const apps: App[] = [];
after('close the Firebase apps of own projects', () => Promise.all(apps.map(deleteApp)));

export function openProject(): Project {
  const id = `demo-own-${randomUUID()}`;
  const app = openApp(id);
  const auth = getAuth(app);

  function instance({ config, decorate = (store) => store }: InstanceOptions = {}): Instance {
    const env = { ...process.env, GCLOUD_PROJECT: id, FUNCTIONS_EMULATOR: 'true' };
    const plain = createDeps({ ...loadConfig(env), ...config }, { app: openApp(id), log: silent });
    const store = decorate(plain.accounts);
    const { accountStates, log } = plain;
    const deps = { ...plain, users: createUsersService({ store, accountStates, log }) };
    return { deps, users: deps.users, http: createApp(deps) };
  }

  async function importUsers(users: Parameters<typeof auth.importUsers>[0]): Promise<void> {
    const { errors } = await auth.importUsers(users);
    if (errors[0] !== undefined) throw errors[0].error;
  }

  const { accounts: store } = instance().deps;
  return {
    id,
    store,
    instance,
    async add(roles, { disabled = false, claims = {}, email } = {}) {
      const uid = randomUUID();
      const customClaims = { ...claims, roles, rv: 1 };
      await importUsers([{ uid, disabled, customClaims, ...(email !== undefined && { email }) }]);
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
    async update(uid, changes) {
      await auth.updateUser(uid, changes);
    },
    async token(uid, authTime) {
      const { customClaims } = await auth.getUser(uid);
      return forgeToken(uid, id, { ...customClaims, ...(authTime !== undefined && { auth_time: authTime }) });
    },
    async enabledOwners() {
      const { accounts } = await store.list(1000);
      return accounts
        .filter(({ disabled, roles }) => !disabled && roles.includes('owner'))
        .map(({ uid }) => uid);
    },
  };
}

function openApp(projectId: string): App {
  const app = initializeApp({ projectId }, randomUUID());
  apps.push(app);
  return app;
}

/** Who asks the service: as the guard would have read them. */
export function actor(uid: string, roles: readonly Role[] = ['owner']): Actor {
  const principal: Principal = createPrincipal({
    kind: 'user',
    issuer: 'https://securetoken.google.com/test',
    subject: uid,
    uid,
    roles,
    authTime: 0,
    assurance: 'aal1',
    tokenExpiresAt: 0,
    credential: 'bearer',
  });
  return { principal, requestId: 'test' };
}

/** The name of the refusal, or `done`. */
export async function outcomeOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
    return 'done';
  } catch (error) {
    if (error instanceof Error && 'code' in error) return String(error.code);
    throw error;
  }
}

/** Passes every method of the store through `around`, which decides when and whether it is called. */
export function decorateStore(
  store: AccountStore,
  around: <T>(name: keyof AccountStore, call: () => Promise<T>) => Promise<T>,
): AccountStore {
  return {
    find: (uid) => around('find', () => store.find(uid)),
    findByEmail: (email) => around('findByEmail', () => store.findByEmail(email)),
    list: (size, page) => around('list', () => store.list(size, page)),
    setClaims: (uid, claims) => around('setClaims', () => store.setClaims(uid, claims)),
    setDisabled: (uid, disabled) => around('setDisabled', () => store.setDisabled(uid, disabled)),
    revokeTokens: (uid) => around('revokeTokens', () => store.revokeTokens(uid)),
    remove: (uid) => around('remove', () => store.remove(uid)),
  };
}
