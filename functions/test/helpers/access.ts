import { createAuditLog } from '../../src/audit/audit-log.ts';
import type { Role } from '../../src/authz/roles.ts';
import { loadConfig } from '../../src/config.ts';
import type { Clock } from '../../src/core/clock.ts';
import type { DirectoryEntry } from '../../src/directory/entry.ts';
import { createDirectoryService } from '../../src/directory/service.ts';
import type { AccountStore } from '../../src/platform/firebase-auth/account-store.ts';
import { createUsersService } from '../../src/users/users-service.ts';
import { openTestFirestore, type TestFirestore } from './firestore.ts';
import { recordingLog } from './instance.ts';
import { accountOf, createMemoryAccounts, type MemoryAccounts } from './memory-accounts.ts';
import { withRules } from './users.ts';

/** A clock that stands still until it is moved. */
export interface MovableClock {
  (): number;
  /** Milliseconds. */
  move(by: number): void;
}

/** Stands at this moment: what Firestore dates itself has to lie near it. */
export function createMovableClock(): MovableClock {
  let now = Date.now();
  return Object.assign(() => now, {
    move(by: number) {
      now += by;
    },
  });
}

interface Outside {
  readonly firestore: Pick<TestFirestore, 'open'>;
  readonly accounts: AccountStore;
  readonly clock: Clock;
  /** Access changes that this instance heard of by itself. */
  readonly maxAge?: number;
}

/** One instance's share of the access core. Two with the same outside are two instances of one deployment. */
export function wireAccess({ firestore, accounts, clock, maxAge = 10 }: Outside) {
  const { lines, log } = recordingLog();
  const config = { ...loadConfig({ GCLOUD_PROJECT: 'demo-shop' }), accessChangeMaxAge: maxAge };
  const platform = { config, clock, log, accounts, firestore: firestore.open };
  const audit = createAuditLog(platform);
  const directory = createDirectoryService(platform, { audit });
  const { feed, sync, changeAccess, list: directoryList, records, reconcile } = directory;
  return {
    ...{ lines, platform, audit, feed, directory, sync, changeAccess, directoryList, records, reconcile },
    users: withRules(createUsersService(platform, { directory })),
  };
}

type Person = Parameters<typeof accountOf>;

/** What a test may bring itself, to share it with another. */
interface Given {
  readonly firestore?: TestFirestore;
  readonly accounts?: MemoryAccounts;
  readonly clock?: MovableClock;
  readonly maxAge?: number;
}

/** The access core on a database of its own and Firebase Auth in memory. `close` it in `afterEach`. */
export async function createAccess(people: readonly Person[] = [], given: Given = {}) {
  const firestore = given.firestore ?? (await openTestFirestore());
  const accounts = given.accounts ?? createMemoryAccounts(people.map((person) => accountOf(...person)));
  const clock = given.clock ?? createMovableClock();
  const outside = { ...given, firestore, accounts, clock };
  const { db } = firestore;
  return {
    ...wireAccess(outside),
    ...{ firestore, accounts, clock },
    now: () => Math.floor(clock() / 1000),
    /** Another instance beside the first. */
    another: () => wireAccess(outside),
    /** The fields of all documents of a collection. */
    async all(collection: string): Promise<Record<string, unknown>[]> {
      return (await db.collection(collection).get()).docs.map((document) => document.data());
    },
    /** Who stands as owner, by the list that is kept of them. */
    owners: async (): Promise<unknown> => (await db.doc('system/owners').get()).get('uids') ?? [],
    close: () => firestore.close(),
  };
}

export type Access = Awaited<ReturnType<typeof createAccess>>;

/** An entry as the directory holds it, in line with Firebase Auth. */
export function entryOf(
  uid: string,
  { roles = [], ...facts }: Partial<DirectoryEntry> & { readonly roles?: readonly Role[] } = {},
): DirectoryEntry {
  return {
    ...{ uid, email: `${uid}@example.com`, emailVerified: true, providers: ['password'] },
    ...{ grants: roles.map((role) => ({ role, grantedBy: 'test', grantedAt: 1 })) },
    ...{ rolesVersion: 1, claimsVersion: 1, disabled: false, validAfter: 0, pending: [] },
    ...{ pendingSince: undefined, created: 1, updated: 1 },
    ...facts,
  };
}
