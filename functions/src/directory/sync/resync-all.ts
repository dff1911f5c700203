import { isDeepStrictEqual } from 'node:util';
import type { QueryDocumentSnapshot } from '@google-cloud/firestore';
import { claimedVersion, compileRoleClaims } from '../../authz/role-claims.ts';
import { type Clock, seconds } from '../../core/clock.ts';
import { AppError } from '../../core/errors.ts';
import { type Account, mergeClaims } from '../../platform/firebase-auth/account.ts';
import type { AccountStore } from '../../platform/firebase-auth/account-store.ts';
import { type OpenFirestore, useFirestore } from '../../platform/firestore/firestore.ts';
import { DIRECTORY, type Directory, type Outcome, OWNERS } from '../directory.ts';
import { type DirectoryEntry, isPermanentOwner, type Pending } from '../entry.ts';
import { fromDocument } from '../entry-document.ts';
import { handleAccountDeleted } from './account-lifecycle.ts';
import type { AccountSync } from './account-sync.ts';

/** What a page of entries had. In a dry run, what would be done. */
export interface Resynced {
  readonly read: number;
  /** Entries that differed from the account, written to Firebase Auth under a new version. */
  readonly resynced: readonly string[];
  /** Entries of Firebase users without an account. */
  readonly missing: readonly string[];
  /** Entries that are damaged, have roles that this code does not define, or could not be synced. */
  readonly failed: readonly string[];
}

interface Deps {
  readonly open: OpenFirestore;
  readonly directory: Directory;
  readonly accounts: AccountStore;
  readonly sync: AccountSync;
  readonly clock: Clock;
}

interface Options {
  readonly dryRun: boolean;
  /** Delete the entries of users without an account. */
  readonly deleteMissing: boolean;
}

/** Users that Firebase Auth finds in one call. */
const BATCH = 100;
const IN_PARALLEL = 5;
const REQUEST_ID = 'resync';
/** ID tokens of sign-ins that were revoked earlier have expired. */
const TOKEN_LIFETIME = 3600;

/**
 * After the directory was restored from a backup: writes the custom claims of all users from their entries, under versions
 * above those of the entries and of all tokens; keeps users disabled and revoked who were so in Firebase Auth; and writes the
 * list of owners from the entries.
 *
 * @yields after each page; last, after the owners
 */
export async function* resyncAll(deps: Deps, options: Options): AsyncGenerator<Resynced> {
  const { open, accounts } = deps;
  const owners = new Set<string>();
  let last: QueryDocumentSnapshot | undefined;
  for (;;) {
    const { docs } = await useFirestore('directory.resync', open, ({ db, FieldPath }) => {
      const query = db.collection(DIRECTORY).orderBy(FieldPath.documentId()).limit(BATCH);
      return (last === undefined ? query : query.startAfter(last)).get();
    });
    const found = await accounts.findAll(docs.map(({ id }) => id));
    const accountOf = new Map(found.map((account) => [account.uid, account]));
    const page = { resynced: [] as string[], missing: [] as string[], failed: [] as string[] };
    for (let start = 0; start < docs.length; start += IN_PARALLEL) {
      const work = docs.slice(start, start + IN_PARALLEL).map(async (document) => {
        const { id } = document;
        try {
          const entry = fromDocument(id, document.data());
          const result = await resyncUser(deps, options, entry, accountOf.get(id));
          if (result) page[result].push(id);
          const isGone = result === 'missing' && options.deleteMissing;
          const isDisabled = entry.identity === undefined && accountOf.get(id)?.disabled === true;
          if (isPermanentOwner(entry) && !isGone && !isDisabled) owners.add(id);
        } catch (error) {
          if (!(error instanceof AppError) || error.code === 'unavailable') throw error;
          page.failed.push(id);
        }
      });
      await Promise.all(work);
    }
    yield { read: docs.length, ...page };
    last = docs.at(-1);
    if (docs.length < BATCH || last === undefined) break;
  }
  if (await listOwners(deps, owners, options.dryRun))
    yield { read: 0, resynced: [OWNERS], missing: [], failed: [] };
}

async function resyncUser(
  { directory, sync, clock }: Deps,
  { dryRun, deleteMissing }: Options,
  entry: DirectoryEntry,
  account: Account | undefined,
): Promise<'resynced' | 'missing' | 'failed' | undefined> {
  const { uid } = entry;
  const now = seconds(clock);
  if (account === undefined) {
    // An external user needs none; an invited user gets one in these seconds.
    const isInvited = entry.lease !== undefined && now < entry.lease.until;
    if (entry.identity !== undefined || isInvited) return undefined;
    if (deleteMissing && !dryRun) await handleAccountDeleted(directory, { uid, requestId: REQUEST_ID });
    return 'missing';
  }
  // Its claims could not be compiled whole.
  if (entry.unknownGrants !== undefined) return 'failed';
  if (resync(entry, account, now) === undefined) return undefined;
  if (dryRun) return 'resynced';
  await directory.change({ uid }, (context) => context.entry && resync(context.entry, account, context.now));
  return (await sync.syncAccount(uid)) ? 'resynced' : 'failed';
}

/** Pure. undefined: entry and account agree. @param now seconds */
function resync(entry: DirectoryEntry, account: Account, now: number): Outcome | undefined {
  const isFirebaseUser = entry.identity === undefined;
  const claimed = claimedVersion(account.claims);
  const hasDrifted = claimed !== entry.rolesVersion || !hasClaims(account, entry, now);
  const disabled = entry.disabled || (isFirebaseUser && account.disabled);
  // Our own revocation has kept a session, perhaps.
  const known = Math.max(entry.validAfter, entry.accountRevokedAt ?? 0);
  const isRevoked = isFirebaseUser && account.validAfter > Math.max(known, now - TOKEN_LIFETIME);
  const validAfter = isRevoked ? account.validAfter : entry.validAfter;
  const hasOtherState = disabled !== entry.disabled || disabled !== account.disabled;
  if (!hasDrifted && !hasOtherState && !isRevoked) return undefined;
  // Every token with a version of either is stale: the restored entry may have been changed again under an old number.
  const rolesVersion = hasDrifted ? Math.max(claimed, entry.rolesVersion) + 1 : entry.rolesVersion;
  const added: Pending[] = [
    ...(hasDrifted ? ['claims' as const] : []),
    ...(disabled !== account.disabled ? ['disabled' as const] : []),
  ];
  const pending = [...new Set([...entry.pending, ...added])];
  const stateOf = (one: Pick<DirectoryEntry, 'rolesVersion' | 'disabled' | 'validAfter'>) => ({
    ...{ version: one.rolesVersion, disabled: one.disabled, validAfter: one.validAfter },
  });
  const keptSession = isRevoked ? undefined : entry.keptSession;
  const after = { ...entry, rolesVersion, disabled, validAfter, keptSession };
  return {
    entry: { ...after, pending, pendingSince: entry.pendingSince ?? (pending.length > 0 ? now : undefined) },
    accessChange: { rolesVersion, validAfter },
    audit: {
      ...{ action: 'claims.repair', target: entry.uid, outcome: 'done' },
      ...{ actor: 'operator', requestId: REQUEST_ID },
      before: { ...stateOf(entry), claimed },
      after: stateOf(after),
    },
  };
}

/** Do the claims say what the entry says? Claims that would not fit are left to the sync, which reports them. */
function hasClaims({ claims }: Account, { grants, rolesVersion }: DirectoryEntry, now: number): boolean {
  // No version: the entry never had a grant.
  if (rolesVersion === 0) return true;
  try {
    return isDeepStrictEqual(mergeClaims(claims, compileRoleClaims(grants, rolesVersion, now)), claims);
  } catch {
    return true;
  }
}

/** @returns did the list differ from the entries? */
async function listOwners({ open }: Deps, owners: ReadonlySet<string>, dryRun: boolean): Promise<boolean> {
  return useFirestore('owners.resync', open, ({ db }) =>
    db.runTransaction(async (tx) => {
      const listed: readonly string[] = (await tx.get(db.doc(OWNERS))).get('uids') ?? [];
      const differing = [...new Set([...owners, ...listed])].filter(
        (uid) => owners.has(uid) !== listed.includes(uid),
      );
      if (differing.length === 0 || dryRun) return differing.length > 0;
      // Of those that differ, as they are now: others may have been changed since the scan.
      const entries = await tx.getAll(...differing.map((uid) => db.doc(`${DIRECTORY}/${uid}`)));
      const right = entries.filter((one) =>
        isPermanentOwner(one.exists ? fromDocument(one.id, one.data() ?? {}) : undefined),
      );
      const uids = [...listed.filter((uid) => !differing.includes(uid)), ...right.map(({ id }) => id)];
      if (uids.toSorted().join() === listed.toSorted().join()) return false;
      tx.set(db.doc(OWNERS), { uids });
      return true;
    }),
  );
}
