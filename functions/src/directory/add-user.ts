import { randomUUID } from 'node:crypto';
import { type AuditLog, identifyActor } from '../audit/index.ts';
import type { PrincipalActor } from '../authz/principal.ts';
import { AppError } from '../core/errors.ts';
import { addressInUse } from '../platform/firebase-auth/account.ts';
import type { AccountStore } from '../platform/firebase-auth/account-store.ts';
import type { Log } from '../platform/logging/log.ts';
import { reportRefusal } from './change-access.ts';
import type { ChangeContext, Directory } from './directory.ts';
import { summarizeGrants } from './edit.ts';
import { type DirectoryEntry, emptyEntry, type Grant } from './entry.ts';
import { handleAccountDeleted } from './sync/account-lifecycle.ts';
import { type AccountSync, UNCERTAIN_LEASE_SECONDS } from './sync/account-sync.ts';

interface NewUser {
  readonly email: string;
  readonly displayName?: string | undefined;
  /** For the audit log. */
  readonly reason?: string | undefined;
}

/**
 * Creates a Firebase user with an unverified e-mail address and no password: the entry, then the account, then its claims.
 *
 * A process that ends in between leaves an entry with pending claims. The next reconciliation writes the claims, or deletes
 * the entry when there is no account. Version 1 of the roles says that they were decided on: the sign-up policy and the
 * default role do not apply any more.
 *
 * @param decideGrants pure; runs inside the transaction; throws to refuse
 * @throws AppError `already_exists` for an address of another account; `unavailable`: the account may have been created, and
 *   reconciliation completes or deletes the entry; what `decideGrants` throws
 */
export type AddUser = (
  actor: PrincipalActor,
  user: NewUser,
  decideGrants: (context: ChangeContext<DirectoryEntry | undefined>) => readonly Grant[],
) => Promise<DirectoryEntry>;

interface Deps {
  readonly directory: Directory;
  readonly accounts: Pick<AccountStore, 'createWithEmail' | 'findByEmail'>;
  readonly sync: AccountSync;
  readonly audit: Pick<AuditLog, 'recordRefusal'>;
  readonly log: Pick<Log, 'change'>;
}

export function createAddUser({ directory, accounts, sync, audit, log }: Deps): AddUser {
  return async (actor, { email, displayName, reason }, decideGrants) => {
    const uid = randomUUID().replaceAll('-', '');
    const id = randomUUID();
    const address = email.toLowerCase();
    const event = { ...identifyActor(actor), action: 'user.create', target: uid, reason } as const;
    let entry: DirectoryEntry | null | undefined;
    try {
      if ((await accounts.findByEmail(email)) !== undefined) throw addressInUse();
      const outcome = await directory.change({ id, uid, actor: actor.principal.directoryId }, (context) => {
        const { now } = context;
        const created: DirectoryEntry = {
          ...emptyEntry(uid, now),
          ...{ email: address, emails: [address] },
          displayName,
          grants: decideGrants(context),
          rolesVersion: 1,
          pending: ['claims'],
          pendingSince: now,
          // Until then, reconciliation does not take the missing account for a deleted one.
          lease: { by: id, until: now + UNCERTAIN_LEASE_SECONDS },
        };
        return { entry: created, audit: { ...event, outcome: 'done', after: summarizeGrants(created) } };
      });
      entry = outcome?.entry;
      if (!outcome?.audit || !entry) throw new Error('directory.change did not create the entry');
      await accounts.createWithEmail({ uid, email, ...(displayName !== undefined && { displayName }) });
      log.change(outcome.audit);
    } catch (error) {
      const isRefused = error instanceof AppError && error.code !== 'unavailable';
      if (entry && isRefused) await handleAccountDeleted(directory, { uid, requestId: actor.requestId });
      await reportRefusal({ log, audit }, event, error);
      throw error;
    }
    const isSynced = await sync.syncAccount(uid, { leased: entry });
    return isSynced ? { ...entry, pending: [], lease: undefined } : entry;
  };
}
