import { isDeepStrictEqual } from 'node:util';
import type { AuditEvent } from '../audit/index.ts';
import type { ExternalIdentity } from '../authn/external-identity.ts';
import { type Clock, seconds } from '../core/clock.ts';
import { AppError } from '../core/errors.ts';
import { isUid } from '../core/uid.ts';
import type { Account } from '../platform/firebase-auth/account.ts';
import type { AccountStore } from '../platform/firebase-auth/account-store.ts';
import type { ChangeContext, Directory, Outcome } from './directory.ts';
import { summarizeGrants } from './edit.ts';
import { type DirectoryEntry, emptyEntry, importedEntry, type Profile, profileOf } from './entry.ts';

/**
 * Finds the entry of a user, or creates it for a Firebase user: the account may be older than Gatehouse.
 *
 * @throws AppError `not_found` when there is neither an entry nor an account
 */
export async function findOrProvision(
  deps: { directory: Directory; accounts: Pick<AccountStore, 'find'>; clock: Clock },
  uid: string,
): Promise<DirectoryEntry> {
  const { directory, accounts, clock } = deps;
  const entry = await directory.find(uid);
  if (entry !== undefined) return entry;
  const account = await accounts.find(uid);
  if (account === undefined) throw new AppError('not_found', 'There is no such user.');
  return provisionEntry(directory, account, seconds(clock));
}

/**
 * Creates the entry of an account, or updates the profile of an existing entry. Of two concurrent calls, the second finds
 * the entry of the first. The profile of an external user comes from the issuer, and is not changed.
 *
 * @param now seconds since the epoch
 * @throws AppError `not_found` for an id that no document can have: other code may create users with any id
 */
export async function provisionEntry(
  directory: Directory,
  account: Account,
  now: number,
): Promise<DirectoryEntry> {
  const { uid } = account;
  if (!isUid(uid)) throw new AppError('not_found', 'No entry in the directory can have such an id.');
  const imported = importedEntry(account, now);
  let provisioned = imported;
  await directory.change({ uid }, ({ entry }): Outcome | undefined => {
    provisioned = imported;
    if (entry === undefined) {
      return { entry: imported, ...(imported.grants.length > 0 && { audit: importEvent(imported) }) };
    }
    provisioned = entry.identity === undefined ? { ...entry, ...profileOf(account) } : entry;
    return hasCurrentProfile(account, entry) ? undefined : { entry: provisioned };
  });
  return provisioned;
}

/** Does the entry have the profile that Firebase Auth has? Always true for external users. */
export function hasCurrentProfile(account: Account, entry: DirectoryEntry): boolean {
  if (entry.identity !== undefined) return true;
  return Object.entries(profileOf(account)).every(([field, value]) =>
    isDeepStrictEqual(value, entry[field as keyof Profile]),
  );
}

function importEvent(entry: DirectoryEntry): AuditEvent {
  const { uid: target } = entry;
  const event = { actor: 'system', action: 'user.import', outcome: 'done', requestId: 'import' } as const;
  return { ...event, target, after: summarizeGrants(entry) };
}

/** Who provisions an external user, unless it is just-in-time provisioning. */
interface ProvisionedBy {
  /** Directory id of the actor: its entry is in the context of `check`. */
  readonly actor?: string | undefined;
  readonly event?: Pick<AuditEvent, 'actor' | 'issuer' | 'requestId'>;
  /** Runs inside the transaction. Throws to refuse. */
  readonly check?: (context: ChangeContext<DirectoryEntry | undefined>) => void;
}

const JIT_PROVISIONING = { actor: 'system', requestId: 'jit-provisioning' };

/**
 * Finds the entry of an external user, or creates it without grants: the roles that the issuer gives are in its tokens. Of
 * two concurrent calls, the second finds the entry of the first.
 *
 * @throws AppError `internal` when the entry has another identity, or what `check` throws
 */
export async function provisionExternalUser(
  directory: Directory,
  identity: Omit<ExternalIdentity, 'jitProvisioning'>,
  { actor, event = JIT_PROVISIONING, check }: ProvisionedBy = {},
): Promise<DirectoryEntry> {
  const { id: uid, issuer, subject } = identity;
  let provisioned: DirectoryEntry | undefined;
  await directory.change({ uid, actor }, (context): Outcome | undefined => {
    check?.(context);
    const { entry, now } = context;
    provisioned = entry;
    if (entry?.identity !== undefined) return undefined;
    // An entry without an identity was imported from the account of a token exchange.
    provisioned = {
      ...(entry ?? emptyEntry(uid, now)),
      ...externalProfileOf(identity),
      identity: { issuer, subject },
    };
    const audit = { ...event, action: 'user.provision', target: uid, outcome: 'done' } as const;
    return { entry: provisioned, audit: { ...audit, after: { issuer, subject } } };
  });
  if (provisioned === undefined) throw new Error('directory.change did not decide');
  return checkIdentity(provisioned, identity);
}

/** @throws AppError `internal` for an entry with another identity */
export function checkIdentity(
  entry: DirectoryEntry,
  { issuer, subject }: Pick<ExternalIdentity, 'issuer' | 'subject'>,
): DirectoryEntry {
  if (entry.identity?.issuer === issuer && entry.identity.subject === subject) return entry;
  const logDetail = `directory/${entry.uid} is of another identity`;
  throw new AppError('internal', undefined, { reason: 'identity-mismatch', logDetail });
}

/** Updates the e-mail address of an external user from the token. A token without one changes nothing. */
export async function updateEmail(
  directory: Directory,
  entry: DirectoryEntry,
  identity: ExternalIdentity,
): Promise<void> {
  const isCurrent = ({ email, emailVerified, emails }: DirectoryEntry) =>
    email === identity.email?.toLowerCase() &&
    emailVerified === identity.emailVerified &&
    emails.length === 1;
  if (identity.email === undefined || isCurrent(entry)) return;
  await directory.change({ uid: entry.uid }, ({ entry: current }) =>
    current === undefined || isCurrent(current)
      ? undefined
      : { entry: { ...current, ...externalProfileOf(identity) } },
  );
}

function externalProfileOf({
  email,
  emailVerified,
  issuer,
}: Pick<ExternalIdentity, 'email' | 'emailVerified' | 'issuer'>) {
  const address = email?.toLowerCase();
  return {
    email: address,
    emailVerified,
    emails: address === undefined ? [] : [address],
    providers: [issuer],
  };
}
