import { LRUCache } from 'lru-cache';
import type { AccessRecord, AccessRecords, EntryVersion } from '../authn/ports.ts';
import { claimedVersion } from '../authz/role-claims.ts';
import { type Clock, seconds } from '../core/clock.ts';
import { toAppError } from '../core/errors.ts';
import type { Account } from '../platform/firebase-auth/account.ts';
import type { AccountStore } from '../platform/firebase-auth/account-store.ts';
import type { Log } from '../platform/logging/log.ts';
import type { Directory, Outcome } from './directory.ts';
import type { DirectoryEntry } from './entry.ts';
import {
  checkIdentity,
  hasCurrentProfile,
  provisionEntry,
  provisionExternalUser,
  updateEmail,
} from './provision.ts';
import type { AccountSync } from './sync/account-sync.ts';

interface RecordsDeps {
  readonly directory: Directory;
  readonly accounts: Pick<AccountStore, 'find'>;
  readonly sync: AccountSync;
  readonly clock: Clock;
  readonly log: Pick<Log, 'failure'>;
}

/**
 * A read sees all changes that are dated more than this many seconds ago: a change has the time at which its transaction
 * reads, and Firestore ends a transaction that is idle for a minute
 * (https://firebase.google.com/docs/firestore/quotas). Five minutes cover clocks that disagree.
 */
const SETTLED_SECONDS = 60 + 300;

/** Milliseconds between two look-ups for the same user, however often a stale token is sent. */
const RESYNC_INTERVAL_MS = 5_000;

/**
 * The access records that authentication checks. For a Firebase user: the entry in the directory together with the account
 * in Firebase Auth. For an external user: the entry.
 */
export function createAccessRecords({ directory, accounts, sync, clock, log }: RecordsDeps): AccessRecords {
  const resyncedAt = new LRUCache<string, number>({ max: 10_000 });

  async function read(uid: string): Promise<AccessRecord | undefined> {
    const [foundEntry, foundAccount] = await Promise.all([directory.find(uid), accounts.find(uid)]);
    // Without an entry, read the account again, after the entry: the user may be deleted at this moment.
    const account = foundEntry === undefined ? await accounts.find(uid) : foundAccount;
    if (account === undefined) return undefined;
    const isCurrent = foundEntry !== undefined && hasCurrentProfile(account, foundEntry);
    const entry = isCurrent ? foundEntry : await provisionEntry(directory, account, seconds(clock));
    if (claimsDrifted(entry, account)) {
      // The decision is made on the entry, whether or not the claims could be repaired.
      await repairClaimsDrift(uid, entry).catch((error) => log.failure('claims-repair', toAppError(error)));
    }
    // An account that a token exchange created is younger than the sign-in at the issuer, and Firebase sets `validAfter` to
    // the creation: ignore it.
    const isRevoked = entry.identity === undefined && !isOwnRevocation(entry, account);
    // Users disabled in the Firebase console are disabled here, too.
    const record = {
      ...recordOf(entry),
      disabled: entry.disabled || account.disabled,
      ...(account.hasSecondFactor && { factors: [...(entry.factors ?? []), 'firebase' as const] }),
    };
    return isRevoked ? withRevocation(record, account.validAfter) : record;
  }

  function claimsDrifted(entry: DirectoryEntry, { claims }: Account): boolean {
    return claimedVersion(claims) !== entry.rolesVersion && !entry.pending.includes('claims');
  }

  /**
   * The claims have another version although nothing is pending: other code wrote them, a write that timed out took effect
   * after all, or the directory was restored from a backup. The entry is the source of truth; it gets a version above both,
   * so that every token with either version is stale.
   */
  async function repairClaimsDrift(uid: string, drifted: DirectoryEntry): Promise<void> {
    // Read again, after the entry: a change between the two reads would look like drift.
    const account = await accounts.find(uid);
    if (account === undefined || !claimsDrifted(drifted, account)) return;
    const claimed = claimedVersion(account.claims);
    const event = { action: 'claims.repair', target: uid, outcome: 'done' } as const;
    await directory.change({ uid }, ({ entry, now }): Outcome | undefined => {
      if (entry?.rolesVersion !== drifted.rolesVersion || !claimsDrifted(entry, account)) return undefined;
      const rolesVersion = Math.max(claimed, entry.rolesVersion) + 1;
      return {
        entry: {
          ...entry,
          rolesVersion,
          pending: [...entry.pending, 'claims'],
          pendingSince: entry.pendingSince ?? now,
        },
        accessChange: { rolesVersion },
        audit: {
          ...event,
          actor: 'system',
          requestId: 'claims-repair',
          before: { version: entry.rolesVersion, claimed },
          after: { version: rolesVersion },
        },
      };
    });
    await sync.syncAccount(uid, { wait: false });
  }

  return {
    read,
    async readExternal(identity) {
      const { id, jitProvisioning } = identity;
      const now = seconds(clock);
      const found = await directory.find(id);
      if (found === undefined && !jitProvisioning) {
        return { record: undefined, directoryVersion: entryVersion(id, undefined, now) };
      }
      const entry =
        found?.identity === undefined
          ? await provisionExternalUser(directory, identity)
          : checkIdentity(found, identity);
      await updateEmail(directory, entry, identity);
      const record = recordOf(entry, identity.issuer);
      return { record, directoryVersion: entryVersion(id, record, now) };
    },
    async resyncAfterStaleToken(uid) {
      if (clock() - (resyncedAt.get(uid) ?? Number.NEGATIVE_INFINITY) < RESYNC_INTERVAL_MS) return;
      resyncedAt.set(uid, clock());
      try {
        const [entry, account] = await Promise.all([directory.find(uid), accounts.find(uid)]);
        if (entry === undefined) return;
        // Without an account, a pending deletion may have to be completed.
        if (account !== undefined && claimsDrifted(entry, account)) await repairClaimsDrift(uid, entry);
        else if (entry.pending.length > 0) await sync.syncAccount(uid, { wait: false });
      } catch (error) {
        log.failure('resyncAfterStaleToken', toAppError(error));
      }
    },
  };
}

/** The version of what was read at `now` or later: it includes all settled changes, the deletion of an entry too. */
export function entryVersion(id: string, record: AccessRecord | undefined, now: number): EntryVersion {
  const { rolesVersion = 0, validAfter = 0 } = record ?? {};
  return { id, rolesVersion, validAfter: Math.max(validAfter, now - SETTLED_SECONDS) };
}

/** The account has our revocation some seconds later than the entry. It must not end the session that was kept. */
function isOwnRevocation({ pending, accountRevokedAt = 0 }: DirectoryEntry, account: Account): boolean {
  return pending.includes('sessions') || account.validAfter <= accountRevokedAt;
}

/** The record with one more revocation, which keeps no session. */
export function withRevocation(record: AccessRecord, validAfter: number): AccessRecord {
  return validAfter > record.validAfter ? { ...record, validAfter, keptSession: undefined } : record;
}

/**
 * What an entry says.
 *
 * @param issuer of an external identity: its grants by token exchange are for Firebase tokens only
 */
export function recordOf(
  { created, disabled, validAfter, keptSession, rolesVersion, grants, factors }: DirectoryEntry,
  issuer?: string,
): AccessRecord {
  const own = issuer === undefined ? grants : grants.filter(({ grantedBy }) => grantedBy !== issuer);
  const kept = keptSession !== undefined && { keptSession };
  return { created, disabled, validAfter, ...kept, rolesVersion, grants: own, ...(factors && { factors }) };
}
