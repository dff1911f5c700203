import type { AccessRule } from '../../functions/src/authz/access-rule.ts';
import type { Role } from '../../functions/src/authz/roles.ts';
import { guard } from '../../functions/src/pipeline/guard.ts';
import { grantDefaultRole } from '../../functions/src/sign-up/service.ts';
import { accountWith, openAuthServer } from '../../functions/test/consistency/auth-server.ts';
import { type OwnInstance, openInstance } from '../../functions/test/consistency/instance.ts';
import { connectOutside } from '../../functions/test/consistency/outside.ts';
import { entryOf, seed } from '../../functions/test/consistency/seed.ts';
import { actor } from '../../functions/test/helpers/actor.ts';
import { requestOf } from '../../functions/test/helpers/credential-request.ts';
import { mintIdToken, PROJECT } from '../../functions/test/helpers/google.ts';
import { withRules } from '../../functions/test/helpers/users.ts';
import type { Write } from '../../packages/firestore-emulator/messages.ts';
import { startFirestore } from '../../packages/firestore-emulator/server.ts';
import { NOTHING, type Operations } from './bill.ts';

/** What one deed makes Firestore do. @property documents what was written, in order, e.g. `directory` */
export interface Counted extends Operations {
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

/** Each deed as the services behind the API do it. Everybody is at version 1. */
const DEEDS = {
  ordinary: (instance: OwnInstance) => request(instance, 'ann', 'signed-in'),
  privileged: (instance: OwnInstance) => request(instance, 'root', { permission: 'roles:assign' }),
  refusedPrivileged: (instance: OwnInstance) =>
    request(instance, 'ann', { permission: 'roles:assign' }).catch(nothing),
  signIn: ({ directory }: OwnInstance) => directory.find('ann'),
  signUp: async (instance: OwnInstance) => {
    await instance.users.get('new');
    await grantDefaultRole(instance, { uid: 'new', role: 'member', requestId: 'r' });
  },
  roleChange: ({ users }: OwnInstance) =>
    withRules(users).setRoles(owner, { uid: 'bob', grants: [{ role: 'support' }], version: 1 }),
  newOwner: ({ users }: OwnInstance) =>
    withRules(users).setRoles(owner, { uid: 'cay', grants: [{ role: 'owner' }], version: 1 }),
  refusedChange: ({ users }: OwnInstance) =>
    withRules(users)
      .setRoles(actor('sue', ['support']), { uid: 'ann', grants: [{ role: 'owner' }], version: 1 })
      .catch(nothing),
  signOutEverywhere: ({ users }: OwnInstance) => withRules(users).revoke(owner, 'dan'),
  disable: ({ users }: OwnInstance) => withRules(users).setDisabled(owner, 'eve', true),
  remove: ({ users }: OwnInstance) => withRules(users).remove(owner, 'fay'),
  staleToken: ({ accessRecords }: OwnInstance) => accessRecords.resyncAfterStaleToken('bob'),
  reconcile: ({ reconcileAccess }: OwnInstance) =>
    reconcileAccess({ kind: 'system', requestId: 'reconcile' }),
} as const;

export type Deed = keyof typeof DEEDS;

/** Counts what each deed does, on the real code and an embedded Firestore. */
export async function countOperations(): Promise<Readonly<Record<Deed, Counted>>> {
  let counted: Counted = { ...NOTHING, documents: [] };
  const firestore = await startFirestore({
    indexes: new URL('../../firestore.indexes.json', import.meta.url).pathname,
    beforeCall: (method, call) => {
      counted = count(counted, method, call as FirestoreRequest);
    },
  });
  // As Firebase Auth has them, in step with the directory: nothing is to be repaired on sight.
  const entries = Object.entries(ROLES).map(([uid, role]) => entryOf(uid, [role]));
  const accounts = new Map(entries.map((entry) => [entry.uid, accountWith(entry)]));
  accounts.set('new', { localId: 'new', email: 'new@example.com' });
  const auth = await openAuthServer({}, accounts);
  const addresses = { firestore: firestore.host, database: 'scale', auth: auth.port, project: PROJECT };
  const outside = connectOutside(addresses);
  await seed(outside.db, entries);
  const instance = openInstance(addresses);
  await request(instance, 'ann', 'signed-in');

  const result: Partial<Record<Deed, Counted>> = {};
  for (const [deed, carryOut] of Object.entries(DEEDS) as [Deed, (of: OwnInstance) => Promise<unknown>][]) {
    counted = { ...NOTHING, documents: [] };
    await carryOut(instance);
    result[deed] = counted;
  }
  await instance.close();
  await outside.close();
  await auth.close();
  await firestore.stop();
  return result as Record<Deed, Counted>;
}

async function request(instance: OwnInstance, uid: string, access: AccessRule) {
  const token = await mintIdToken({
    sub: uid,
    user_id: uid,
    roles: [ROLES[uid as keyof typeof ROLES]],
    rv: 1,
  });
  await guard(instance, {
    request: requestOf(`Bearer ${token}`),
    access,
    changes: false,
    labels: {},
    requestId: 'r',
  });
}

interface FirestoreRequest {
  readonly documents?: readonly string[];
  readonly writes?: readonly Write[];
}

function count(before: Counted, method: string, { documents = [], writes = [] }: FirestoreRequest): Counted {
  const written = writes.map((write) => collectionOf(write.update?.name ?? write.delete ?? ''));
  const deletes = writes.filter((write) => write.delete !== undefined).length;
  return {
    // A document that is not there, and a query that finds nothing, cost a read as well.
    reads: before.reads + documents.length + (method === 'RunQuery' ? 1 : 0),
    writes: before.writes + writes.length - deletes,
    deletes: before.deletes + deletes,
    expired: before.expired + written.filter((name) => EXPIRING.has(name)).length,
    documents: [...before.documents, ...written],
  };
}

/** Collections with a TTL policy: what is written there is deleted one day, and billed for. */
const EXPIRING = new Set(['accessChanges', 'auditEvents']);

const collectionOf = (name: string) => name.split('/documents/')[1]?.split('/')[0] ?? '';

function nothing(): void {}
