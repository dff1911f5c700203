import { sessionHash } from '../../functions/src/authn/session-cookie/authenticator.ts';
import type { AccessRule } from '../../functions/src/authz/access-rule.ts';
import type { PrincipalActor } from '../../functions/src/authz/principal.ts';
import type { Role } from '../../functions/src/authz/roles.ts';
import { guard } from '../../functions/src/pipeline/guard.ts';
import { provisionUser } from '../../functions/src/sign-up/service.ts';
import { openAuthServer, syncedAccount } from '../../functions/test/consistency/auth-server.ts';
import { connectBackends } from '../../functions/test/consistency/backends.ts';
import { connectInstance, type OwnInstance } from '../../functions/test/consistency/instance.ts';
import { entryOf, seed } from '../../functions/test/consistency/seed.ts';
import { actor } from '../../functions/test/helpers/actor.ts';
import { requestOf } from '../../functions/test/helpers/credential-request.ts';
import { mintIdToken, PROJECT } from '../../functions/test/helpers/google.ts';
import { withAccessRules } from '../../functions/test/helpers/users.ts';
import type { Write } from '../../packages/firestore-emulator/messages.ts';
import { startFirestore } from '../../packages/firestore-emulator/server.ts';
import { NO_OPERATIONS, type Operations } from './bill.ts';

/** Firestore operations of a scenario. @property documents collections of the written documents, in order, e.g. `directory` */
export interface OperationCounts extends Operations {
  readonly documents: readonly string[];
}

const ROLES = {
  root: 'owner',
  zoe: 'owner',
  sue: 'support',
  ann: 'member',
  bob: 'member',
  cay: 'member',
  dan: 'member',
  eve: 'member',
  fay: 'member',
} as const satisfies Record<string, Role>;

const owner = actor('root', ['owner']);

const now = () => Math.floor(Date.now() / 1000);
/** The session cookie of the scenarios. */
let cookie = '';

function freshSignIn(uid: string): PrincipalActor {
  const { principal, ...rest } = actor(uid, []);
  return { ...rest, principal: { ...principal, authTime: now() } };
}

/** The scenarios, on the services behind the API. All users are at version 1. */
const SCENARIOS = {
  ordinary: (instance: OwnInstance) => request(instance, 'ann', 'signed-in'),
  firstSight: (instance: OwnInstance) => request(instance, 'ann', 'signed-in', { jti: 'new' }),
  privileged: (instance: OwnInstance) => request(instance, 'root', { permission: 'roles:assign' }),
  refusedPrivileged: (instance: OwnInstance) =>
    request(instance, 'ann', { permission: 'roles:assign' }).catch(ignore),
  signIn: ({ directory }: OwnInstance) => directory.find('ann'),
  signUp: async (instance: OwnInstance) => {
    const account = await instance.accounts.find('new');
    if (account === undefined) throw new Error('there is no account');
    await provisionUser(instance, account, { requestId: 'r' });
  },
  roleChange: ({ users }: OwnInstance) =>
    withAccessRules(users).setRoles(owner, { uid: 'bob', grants: [{ role: 'support' }], version: 1 }),
  newOwner: ({ users }: OwnInstance) =>
    withAccessRules(users).setRoles(owner, { uid: 'cay', grants: [{ role: 'owner' }], version: 1 }),
  refusedChange: ({ users }: OwnInstance) =>
    withAccessRules(users)
      .setRoles(actor('sue', ['support']), { uid: 'ann', grants: [{ role: 'owner' }], version: 1 })
      .catch(ignore),
  signOutEverywhere: ({ users }: OwnInstance) => withAccessRules(users).revoke(owner, 'dan'),
  disable: ({ users }: OwnInstance) => withAccessRules(users).setDisabled(owner, 'eve', true),
  remove: ({ users }: OwnInstance) => withAccessRules(users).remove(owner, 'fay'),
  beginSession: async ({ sessions }: OwnInstance) => {
    cookie = (await sessions.create(freshSignIn('ann'), { replaces: [] })).value;
  },
  firstCookie: ({ sessions }: OwnInstance) => sessions.read(sessionHash(cookie), now()),
  // Eleven minutes later: the transaction itself has the time of Firestore.
  renewSession: ({ sessions }: OwnInstance) =>
    sessions.renew(sessionHash(cookie), now() + 660, { canRotate: true }),
  stepUpSession: async ({ sessions }: OwnInstance) => {
    cookie = (await sessions.stepUp(freshSignIn('ann'), sessionHash(cookie))).value;
  },
  endSession: async ({ sessions }: OwnInstance) => {
    const session = await sessions.findToEnd(sessionHash(cookie));
    const id = session?.session.id ?? '';
    await sessions.end({ actor: 'ann', requestId: 'r' }, { user: 'ann', id }, 'signed-out');
  },
  staleToken: ({ accessRecords }: OwnInstance) => accessRecords.resyncAfterStaleToken('bob'),
  reconcile: ({ reconcileAccess }: OwnInstance) =>
    reconcileAccess({ kind: 'system', requestId: 'reconcile' }),
} as const;

export type Scenario = keyof typeof SCENARIOS;

/** Counts the operations of each scenario, with the real code and an embedded Firestore. */
export async function countOperations(): Promise<Readonly<Record<Scenario, OperationCounts>>> {
  let counts: OperationCounts = { ...NO_OPERATIONS, documents: [] };
  const firestore = await startFirestore({
    indexes: new URL('../../firestore.indexes.json', import.meta.url).pathname,
    beforeCall: (method, call) => {
      counts = addCall(counts, method, call as FirestoreRequest);
    },
  });
  // The accounts in Firebase Auth match the directory, so that no drift is repaired.
  const entries = Object.entries(ROLES).map(([uid, role]) => entryOf(uid, [role]));
  const accounts = new Map(entries.map((entry) => [entry.uid, syncedAccount(entry)]));
  accounts.set('new', {
    localId: 'new',
    email: 'new@example.com',
    providerUserInfo: [{ providerId: 'password', rawId: 'new@example.com' }],
  });
  const auth = await openAuthServer({}, accounts);
  const addresses = { firestore: firestore.host, database: 'scale', auth: auth.port, project: PROJECT };
  const services = connectBackends(addresses);
  await seed(services.db, entries);
  const instance = connectInstance(addresses);
  // The tokens of the scenarios are seen before them.
  for (const uid of ['ann', 'root']) await request(instance, uid, 'signed-in');

  const result: Partial<Record<Scenario, OperationCounts>> = {};
  for (const [scenario, runScenario] of Object.entries(SCENARIOS) as [
    Scenario,
    (of: OwnInstance) => Promise<unknown>,
  ][]) {
    counts = { ...NO_OPERATIONS, documents: [] };
    await runScenario(instance);
    result[scenario] = counts;
  }
  await instance.close();
  await services.close();
  await auth.close();
  await firestore.stop();
  return result as Record<Scenario, OperationCounts>;
}

const tokens = new Map<string, Promise<string>>();

async function request(instance: OwnInstance, uid: string, access: AccessRule, more: object = {}) {
  const name = JSON.stringify([uid, more]);
  const minting = tokens.get(name) ?? mintToken(uid, more);
  tokens.set(name, minting);
  const token = await minting;
  await guard(instance, {
    request: requestOf(`Bearer ${token}`),
    access,
    changes: false,
    decided: () => undefined,
    requestId: 'r',
  });
}

function mintToken(uid: string, more: object): Promise<string> {
  const roles = [ROLES[uid as keyof typeof ROLES]];
  return mintIdToken({ sub: uid, user_id: uid, email: `${uid}@example.com`, roles, rv: 1, ...more });
}

interface FirestoreRequest {
  readonly documents?: readonly string[];
  readonly writes?: readonly Write[];
}

function addCall(
  before: OperationCounts,
  method: string,
  { documents = [], writes = [] }: FirestoreRequest,
): OperationCounts {
  const written = writes.map((write) => collectionOf(write.update?.name ?? write.delete ?? ''));
  const deletes = writes.filter((write) => write.delete !== undefined).length;
  return {
    // A missing document and a query without results are billed as one read.
    reads: before.reads + documents.length + (method === 'RunQuery' ? 1 : 0),
    writes: before.writes + writes.length - deletes,
    deletes: before.deletes + deletes,
    ttlDeletes: before.ttlDeletes + written.filter((name) => EXPIRING.has(name)).length,
    documents: [...before.documents, ...written],
  };
}

/** Collections with a TTL policy: each written document is a billed delete later. */
const EXPIRING = new Set(['accessChanges', 'auditEvents']);

const collectionOf = (name: string) => name.split('/documents/')[1]?.split('/')[0] ?? '';

function ignore(): void {}
