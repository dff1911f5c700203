import { randomUUID } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { AccessRecord, AccessRecords, EntryVersion } from '../authn/access-records.ts';
import { claimedVersion } from '../authz/role-claims.ts';
import { type Clock, seconds } from '../core/clock.ts';
import { toAppError } from '../core/errors.ts';
import type { Account } from '../platform/firebase-auth/account.ts';
import type { AccountStore } from '../platform/firebase-auth/account-store.ts';
import type { Log } from '../platform/logging/log.ts';
import type { Directory, Outcome } from './directory.ts';
import type { DirectoryEntry } from './entry.ts';
import { hasCurrentProfile, provisionEntry } from './provision-entry.ts';
import { checkIdentity, provisionExternalUser, updateEmail } from './provision-external-user.ts';
import type { AccountSync } from './sync/account-sync.ts';

interface RecordsDeps {
  readonly directory: Directory;
  readonly accounts: Pick<AccountStore, 'find'>;
  readonly sync: AccountSync;
  readonly clock: Clock;
  readonly log: Pick<Log, 'failure'>;
}

/**
 * What was dated before this many seconds ago is to be seen, or nobody ever will: a change is dated when its transaction
 * reads, and Firestore ends one that idles for a minute (https://firebase.google.com/docs/firestore/quotas). Our clock
 * may be ahead of Firestore's, too.
 */
const SETTLED_SECONDS = 60;

/** A stale token presented again and again is not a reason to look again and again. Milliseconds. */
const MEND_AGAIN_MS = 5_000;

/**
 * The record of a Firebase user: the entry in the directory together with the account in Firebase Auth. The record of an
 * external identity: its entry.
 */
export function createAccessRecords({ directory, accounts, sync, clock, log }: RecordsDeps): AccessRecords {
  const mended = new LRUCache<string, number>({ max: 10_000 });

  async function read(uid: string): Promise<AccessRecord | undefined> {
    const [found, seen] = await Promise.all([directory.find(uid), accounts.find(uid)]);
    // Without an entry the account is looked at again, after it: a user may be deleted at this moment.
    const account = found === undefined ? await accounts.find(uid) : seen;
    if (account === undefined) return undefined;
    const isKnown = found !== undefined && hasCurrentProfile(account, found);
    const entry = isKnown ? found : await provisionEntry(directory, account, seconds(clock));
    if (claimsDrifted(entry, account)) {
      // The entry is the truth, whether or not that could be put right.
      await repairClaimsDrift(uid, entry).catch((error) => log.failure('claims-repair', toAppError(error)));
    }
    const { disabled, validAfter } = account;
    // Who is disabled in Firebase's own console is out as well. What an exchange made is younger than the sign-in at the
    // issuer that it came of, and Firebase counts sign-ins before an account was made as revoked.
    return stricter(recordOf(entry), { disabled, validAfter: entry.identity === undefined ? validAfter : 0 });
  }

  /** @param since second up to which all that happened is in what was read: also to an entry that is gone */
  function versionOf(id: string, record: AccessRecord | undefined, since: number): EntryVersion {
    const { rolesVersion = 0, validAfter = 0 } = record ?? {};
    return { id, rolesVersion, validAfter: Math.max(validAfter, since) };
  }

  return {
    read,
    async readExternal(identity) {
      const { id, jitProvisioning } = identity;
      const settled = seconds(clock) - SETTLED_SECONDS;
      const found = await directory.find(id);
      if (found === undefined && !jitProvisioning) {
        return { record: undefined, directoryVersion: versionOf(id, undefined, settled) };
      }
      const entry =
        found?.identity === undefined
          ? await provisionExternalUser(directory, identity)
          : checkIdentity(found, identity);
      await updateEmail(directory, entry, identity);
      const record = recordOf(withoutExchanged(entry));
      return { record, directoryVersion: versionOf(id, record, settled) };
    },
    async resyncAfterStaleToken(uid) {
      if (clock() - (mended.get(uid) ?? Number.NEGATIVE_INFINITY) < MEND_AGAIN_MS) return;
      mended.set(uid, clock());
      try {
        const [entry, account] = await Promise.all([directory.find(uid), accounts.find(uid)]);
        if (entry === undefined) return;
        // Without an account there may be a deletion to be brought to its end.
        if (account !== undefined && claimsDrifted(entry, account)) await repairClaimsDrift(uid, entry);
        else if (entry.pending.length > 0) await sync.syncAccount(uid, { wait: false });
      } catch (error) {
        log.failure('resyncAfterStaleToken', toAppError(error));
      }
    },
  };

  function claimsDrifted(entry: DirectoryEntry, { claims }: Account): boolean {
    return claimedVersion(claims) !== entry.rolesVersion && !entry.pending.includes('claims');
  }

  /**
   * Claims of another version although nothing is pending: somebody else wrote them, a write that was given up landed
   * after all, or the directory comes from a backup. The entry is the truth; it gets a version above both, so that every
   * token of either is stale.
   */
  async function repairClaimsDrift(uid: string, seen: DirectoryEntry): Promise<void> {
    // Again, and after the entry: a change between the two looks would seem to differ.
    const account = await accounts.find(uid);
    if (account === undefined || !claimsDrifted(seen, account)) return;
    const claimed = claimedVersion(account.claims);
    await directory.change({ uid, id: randomUUID() }, ({ entry, now }): Outcome | undefined => {
      if (entry?.rolesVersion !== seen.rolesVersion || !claimsDrifted(entry, account)) return undefined;
      const rolesVersion = Math.max(claimed, entry.rolesVersion) + 1;
      const second = Math.floor(now / 1000);
      return {
        entry: {
          ...entry,
          rolesVersion,
          pending: [...entry.pending, 'claims'],
          pendingSince: entry.pendingSince ?? second,
        },
        accessChange: { rolesVersion },
        audit: {
          ...{
            actor: 'system',
            action: 'claims.repair',
            target: uid,
            outcome: 'done',
            requestId: 'claims-repair',
          },
          before: { version: entry.rolesVersion, claimed },
          after: { version: rolesVersion },
        },
      };
    });
    await sync.syncAccount(uid, { wait: false });
  }
}

function recordOf(entry: DirectoryEntry): AccessRecord {
  const { disabled, validAfter, rolesVersion, grants } = entry;
  return { disabled, validAfter, rolesVersion, grants };
}

/** What the issuer gave by an exchange is Firebase's: its own tokens say themselves what their bearer has. */
function withoutExchanged(entry: DirectoryEntry): DirectoryEntry {
  const grants = entry.grants.filter(({ grantedBy }) => grantedBy !== entry.identity?.issuer);
  return { ...entry, grants };
}

/** A record, and what locks out in another place as well. */
function stricter(
  record: AccessRecord,
  { disabled, validAfter }: Pick<AccessRecord, 'disabled' | 'validAfter'>,
): AccessRecord {
  return {
    ...record,
    disabled: record.disabled || disabled,
    validAfter: Math.max(record.validAfter, validAfter),
  };
}
