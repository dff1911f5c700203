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
import { connect, type TestFirestore } from '../helpers/firestore.ts';
import { recordingLog } from '../helpers/log.ts';
import { accountOf, createMemoryAccounts } from '../helpers/memory-accounts.ts';
import { type UsersWithRules, withAccessRules } from '../helpers/users.ts';
import { createScheduler, type Scheduler, scheduleBackoff, startScheduledFirestore } from './scheduler.ts';
import { seed } from './seed.ts';

/** The time in these tests, in seconds since the epoch. It does not depend on when they run. */
export const NOW = 1_800_000_000;

/** The state after a run. */
export interface FinalState {
  readonly entries: ReadonlyMap<string, DirectoryEntry>;
  /** The uids in `system/owners`. */
  readonly owners: readonly string[];
  readonly accounts: ReadonlyMap<string, Account>;
  /** Audit events of the changes that were made, in the order of their commits. */
  readonly done: readonly RecordedEvent[];
}

/** Breaks an actor's Firestore on purpose, to test that the schedules find the bug. */
export type Fault = (firestore: OpenedFirestore, uid: string) => OpenedFirestore;

/** A Firestore and a Firebase Auth with a scheduler that decides the order of all calls. */
export interface ScheduledEnvironment {
  readonly scheduler: Scheduler;
  /** Resets all data to these entries. @returns a users service for each actor, each of a separate instance */
  reset(entries: readonly DirectoryEntry[], fault?: Fault): Promise<(uid: string) => UsersWithRules>;
  readState(): Promise<FinalState>;
  close(): Promise<void>;
}

export async function openScheduledEnvironment(): Promise<ScheduledEnvironment> {
  const scheduler = createScheduler();
  const restoreBackoff = scheduleBackoff(scheduler);
  const server = await startScheduledFirestore(scheduler);
  const clients: TestFirestore[] = [];
  const client = (n: number) => {
    clients[n] ??= connect(server, 'scheduled');
    return clients[n];
  };
  const reader = client(0);
  let accounts = createMemoryAccounts([]);
  /** The documents of the last run. */
  let previous: DocumentReference[] = [];

  return {
    scheduler,
    async reset(entries, fault = (firestore) => firestore) {
      await seed(reader.db, entries, previous);
      accounts = createMemoryAccounts(
        entries.map((entry) => accountOf(entry.uid, { claims: claimsOf(entry) })),
      );
      const uids = entries.map(({ uid }) => uid);
      return (uid) => {
        const firestore = fault(client(1 + uids.indexOf(uid)), uid);
        return usersOf(async () => firestore, withStops(accounts, scheduler));
      };
    },
    async readState() {
      const { db } = reader;
      const [directory, owners, events, changes] = await Promise.all([
        db.collection('directory').get(),
        db.doc('system/owners').get(),
        db.collection('auditEvents').get(),
        db.collection('accessChanges').get(),
      ]);
      previous = [directory, events, changes].flatMap(({ docs }) => docs.map(({ ref }) => ref));
      return {
        entries: new Map(directory.docs.map((doc) => [doc.id, fromDocument(doc.id, doc.data())])),
        owners: owners.get('uids'),
        accounts: accounts.byUid,
        // `at` has milliseconds, and two commits may share one.
        done: events.docs
          .sort((a, b) => a.createTime.valueOf().localeCompare(b.createTime.valueOf()))
          .map((doc) => eventFrom(doc.id, doc.data()))
          .filter(({ outcome }) => outcome === 'done'),
      };
    },
    async close() {
      restoreBackoff();
      await Promise.all(clients.map((opened) => opened.close()));
      await server.stop();
    },
  };
}

export function claimsOf({ grants, rolesVersion }: DirectoryEntry): Record<string, unknown> {
  return { ...compileRoleClaims(grants, rolesVersion, NOW) };
}

/** The users service as in production, on these accounts. */
function usersOf(open: () => Promise<OpenedFirestore>, accounts: AccountStore): UsersWithRules {
  const clock = () => NOW * 1000;
  const config = loadConfig({ GCLOUD_PROJECT: 'demo-shop' });
  const platform = { config, clock, log: recordingLog().log, accounts, firestore: open };
  const audit = createAuditLog(platform);
  const directory = createDirectoryService(platform, { audit });
  return withAccessRules(createUsersService(platform, { directory }));
}

/** The same accounts, with a stop of the scheduler before each call. */
function withStops(accounts: AccountStore, { stop }: Scheduler): AccountStore {
  return {
    find: (uid) => stop('find').then(() => accounts.find(uid)),
    findByEmail: (email) => stop('findByEmail').then(() => accounts.findByEmail(email)),
    findAll: (uids) => stop('findAll').then(() => accounts.findAll(uids)),
    findByPhone: (phone) => stop('findByPhone').then(() => accounts.findByPhone(phone)),
    list: (size, pageToken) => stop('list').then(() => accounts.list(size, pageToken)),
    setClaims: (uid, claims) => stop('setClaims').then(() => accounts.setClaims(uid, claims)),
    setDisabled: (uid, disabled) => stop('setDisabled').then(() => accounts.setDisabled(uid, disabled)),
    revokeTokens: (uid, after) => stop('revokeTokens').then(() => accounts.revokeTokens(uid, after)),
    create: (uid) => stop('create').then(() => accounts.create(uid)),
    createWithEmail: (account) => stop('createWithEmail').then(() => accounts.createWithEmail(account)),
    createPasswordLink: (email, url) =>
      stop('createPasswordLink').then(() => accounts.createPasswordLink(email, url)),
    createCustomToken: (uid, at) => stop('createCustomToken').then(() => accounts.createCustomToken(uid, at)),
    remove: (uid) => stop('remove').then(() => accounts.remove(uid)),
  };
}
