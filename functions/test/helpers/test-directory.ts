import { createAuditLog } from '../../src/audit/audit-log.ts';
import type { Role } from '../../src/authz/roles.ts';
import { loadConfig } from '../../src/config.ts';
import type { Clock } from '../../src/core/clock.ts';
import type { DirectoryEntry } from '../../src/directory/entry.ts';
import { createDirectoryService } from '../../src/directory/service.ts';
import type { AccountStore } from '../../src/platform/firebase-auth/account-store.ts';
import { createUsersService } from '../../src/users/users-service.ts';
import { openTestFirestore, type TestFirestore } from './firestore.ts';
import { LOGIN } from './identities.ts';
import { recordingLog } from './log.ts';
import { accountOf, createMemoryAccounts, type MemoryAccounts } from './memory-accounts.ts';
import { productOf } from './product.ts';
import { withAccessRules } from './users.ts';

/** A clock that returns the same time until it is moved. */
export interface MovableClock {
  (): number;
  /** Milliseconds. */
  move(by: number): void;
}

/** Starts at the real time: the timestamps that Firestore writes have to lie near it. */
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
  /** Maximum age of the revocation feed, in seconds. */
  readonly maxAge?: number;
}

/** The directory and users services of one instance. Two with the same `outside` are instances of one deployment. */
export function wireDirectory({ firestore, accounts, clock, maxAge = 10 }: Outside) {
  const { lines, log } = recordingLog();
  const product = productOf({ trustedIssuers: [{ type: 'oidc', issuer: LOGIN, audience: 'gatehouse' }] });
  const config = { ...loadConfig({ GCLOUD_PROJECT: 'demo-shop' }, product), accessChangeMaxAge: maxAge };
  const platform = { config, clock, log, accounts, firestore: firestore.open };
  const audit = createAuditLog(platform);
  const directory = createDirectoryService(platform, { audit });
  const { feed, sync, changeAccess, list: directoryList, records, reconcile } = directory;
  return {
    ...{ lines, platform, audit, feed, directory, sync, changeAccess, directoryList, records, reconcile },
    users: withAccessRules(createUsersService(platform, { directory })),
  };
}

type Person = Parameters<typeof accountOf>;

/** What a test passes in, to share it between directories. */
interface Given {
  readonly firestore?: TestFirestore;
  readonly accounts?: MemoryAccounts;
  readonly clock?: MovableClock;
  readonly maxAge?: number;
}

/** The directory on an empty database, with Firebase Auth in memory. `close` it in `afterEach`. */
export async function openTestDirectory(people: readonly Person[] = [], given: Given = {}) {
  const firestore = given.firestore ?? (await openTestFirestore());
  const accounts = given.accounts ?? createMemoryAccounts(people.map((person) => accountOf(...person)));
  const clock = given.clock ?? createMovableClock();
  const outside = { ...given, firestore, accounts, clock };
  const { db } = firestore;
  return {
    ...wireDirectory(outside),
    ...{ firestore, accounts, clock },
    now: () => Math.floor(clock() / 1000),
    /** Another instance of the same deployment. */
    another: () => wireDirectory(outside),
    /** The fields of all documents of a collection. */
    async all(collection: string): Promise<Record<string, unknown>[]> {
      return (await db.collection(collection).get()).docs.map((document) => document.data());
    },
    /** The uids in `system/owners`. */
    owners: async (): Promise<unknown> => (await db.doc('system/owners').get()).get('uids') ?? [],
    close: () => firestore.close(),
  };
}

export type TestDirectory = Awaited<ReturnType<typeof openTestDirectory>>;

/** A directory entry that is in sync with Firebase Auth. */
export function entryOf(
  uid: string,
  { roles = [], ...facts }: Partial<DirectoryEntry> & { readonly roles?: readonly Role[] } = {},
): DirectoryEntry {
  return {
    ...{ uid, email: `${uid}@example.com`, emailVerified: true, providers: ['password'] },
    ...{ grants: roles.map((role) => ({ role, grantedBy: 'test', grantedAt: 1 })) },
    ...{ rolesVersion: 1, claimsVersion: 1, disabled: false, validAfter: 0, pending: [] },
    ...{ phoneNumber: undefined, photoUrl: undefined, pendingSince: undefined, created: 1, updated: 1 },
    emails: [facts.email ?? `${uid}@example.com`],
    ...facts,
  };
}
