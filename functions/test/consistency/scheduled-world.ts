import type { DocumentReference } from '@google-cloud/firestore';
import { fromDocument as eventFrom, type RecordedEvent } from '../../src/audit/audit-event.ts';
import { createAuditLog } from '../../src/audit/audit-log.ts';
import { compileRoleClaims } from '../../src/authz/role-claims.ts';
import { loadConfig } from '../../src/config.ts';
import type { DirectoryEntry } from '../../src/directory/entry.ts';
import { fromDocument } from '../../src/directory/entry-document.ts';
import { createDirectoryService } from '../../src/directory/service.ts';
import type { Account } from '../../src/platform/firebase-auth/account.ts';
import type { AccountStore } from '../../src/platform/firebase-auth/account-store.ts';
import type { OpenedFirestore } from '../../src/platform/firestore/firestore.ts';
import { createUsersService } from '../../src/users/users-service.ts';
import { connect, startTestFirestore, type TestFirestore } from '../helpers/firestore.ts';
import { recordingLog } from '../helpers/instance.ts';
import { accountOf, createMemoryAccounts } from '../helpers/memory-accounts.ts';
import { type RuledUsers, withRules } from '../helpers/users.ts';
import { createScheduler, type Scheduler, waitBySchedule } from './scheduler.ts';
import { seed } from './seed.ts';

/** Seconds since the epoch, so that no result depends on the time at which a test runs. */
export const NOW = 1_800_000_000;

/** The result of a run. */
export interface Found {
  readonly entries: ReadonlyMap<string, DirectoryEntry>;
  /** What `system/owners` lists. */
  readonly owners: readonly string[];
  readonly accounts: ReadonlyMap<string, Account>;
  /** Successful changes, in the order of their commits. */
  readonly done: readonly RecordedEvent[];
}

/** A defect in an actor's Firestore, to see that the schedules detect it. */
export type Flaw = (firestore: OpenedFirestore, uid: string) => OpenedFirestore;

/** A Firestore and a Firebase Auth with all calls ordered by a scheduler. */
export interface ScheduledWorld {
  readonly scheduler: Scheduler;
  /** Starts again with these entries. @returns the users service of an instance per user */
  begin(entries: readonly DirectoryEntry[], flaw?: Flaw): Promise<(uid: string) => RuledUsers>;
  look(): Promise<Found>;
  close(): Promise<void>;
}

interface BeginsTransaction {
  readonly newTransaction?: { readonly readWrite?: { retryTransaction?: Buffer } };
}

export async function openScheduledWorld(): Promise<ScheduledWorld> {
  const scheduler = createScheduler();
  const putClockBack = waitBySchedule(scheduler);
  const server = await startTestFirestore({
    async beforeCall(method, request) {
      // The scheduler, not the server, decides which transaction tries again first.
      delete (request as BeginsTransaction).newTransaction?.readWrite?.retryTransaction;
      // The SDK does not wait for it, and it has no effect on data.
      if (method !== 'Rollback') await scheduler.stop(method);
    },
  });
  const clients: TestFirestore[] = [];
  const client = (n: number) => {
    clients[n] ??= connect(server, 'scheduled');
    return clients[n];
  };
  const looking = client(0);
  let accounts = createMemoryAccounts([]);
  /** Documents of the last run. */
  let left: DocumentReference[] = [];

  return {
    scheduler,
    async begin(entries, flaw = (firestore) => firestore) {
      await seed(looking.db, entries, left);
      accounts = createMemoryAccounts(
        entries.map((entry) => accountOf(entry.uid, { claims: claimsOf(entry) })),
      );
      const uids = entries.map(({ uid }) => uid);
      return (uid) => {
        const firestore = flaw(client(1 + uids.indexOf(uid)), uid);
        return usersOf(async () => firestore, stopping(accounts, scheduler));
      };
    },
    async look() {
      const { db } = looking;
      const [directory, owners, events, changes] = await Promise.all([
        db.collection('directory').get(),
        db.doc('system/owners').get(),
        db.collection('auditEvents').get(),
        db.collection('accessChanges').get(),
      ]);
      left = [directory, events, changes].flatMap(({ docs }) => docs.map(({ ref }) => ref));
      return {
        entries: new Map(directory.docs.map((doc) => [doc.id, fromDocument(doc.id, doc.data())])),
        owners: owners.get('uids'),
        accounts: accounts.byUid,
        // `at` counts milliseconds; two commits may share one.
        done: events.docs
          .sort((a, b) => a.createTime.valueOf().localeCompare(b.createTime.valueOf()))
          .map((doc) => eventFrom(doc.id, doc.data()))
          .filter(({ outcome }) => outcome === 'done'),
      };
    },
    async close() {
      putClockBack();
      await Promise.all(clients.map((opened) => opened.close()));
      await server.stop();
    },
  };
}

export function claimsOf({ grants, rolesVersion }: DirectoryEntry): Record<string, unknown> {
  return { ...compileRoleClaims(grants, rolesVersion, NOW) };
}

/** The service as the app wires it, on these accounts. */
function usersOf(open: () => Promise<OpenedFirestore>, accounts: AccountStore): RuledUsers {
  const clock = () => NOW * 1000;
  const config = loadConfig({ GCLOUD_PROJECT: 'demo-shop' });
  const platform = { config, clock, log: recordingLog().log, accounts, firestore: open };
  const audit = createAuditLog(platform);
  return withRules(createUsersService(platform, { directory: createDirectoryService(platform, { audit }) }));
}

/** The same accounts, with a stop before each call. */
function stopping(accounts: AccountStore, { stop }: Scheduler): AccountStore {
  return {
    find: (uid) => stop('find').then(() => accounts.find(uid)),
    findByEmail: (email) => stop('findByEmail').then(() => accounts.findByEmail(email)),
    list: (size, pageToken) => stop('list').then(() => accounts.list(size, pageToken)),
    setClaims: (uid, claims) => stop('setClaims').then(() => accounts.setClaims(uid, claims)),
    setDisabled: (uid, disabled) => stop('setDisabled').then(() => accounts.setDisabled(uid, disabled)),
    revokeTokens: (uid, after) => stop('revokeTokens').then(() => accounts.revokeTokens(uid, after)),
    create: (uid) => stop('create').then(() => accounts.create(uid)),
    createCustomToken: (uid, at) => stop('createCustomToken').then(() => accounts.createCustomToken(uid, at)),
    remove: (uid) => stop('remove').then(() => accounts.remove(uid)),
  };
}
