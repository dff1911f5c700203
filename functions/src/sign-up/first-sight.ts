import type { AccessRecord, FirstSight, ShownProfile } from '../authn/ports.ts';
import { withDeadline } from '../core/deadline.ts';
import { toAppError } from '../core/errors.ts';
import { showHidden } from '../core/text.ts';
import { isUid } from '../core/uid.ts';
import type { DirectoryEntry } from '../directory/index.ts';
import type { Account } from '../platform/firebase-auth/account.ts';
import { neverHadRoles, provisionUser, type SignUpDeps } from './service.ts';

/** Sign-up and change take under a second. Without an answer the request goes on with what the token says. */
const DEADLINE_MS = 3_000;
/** After Firestore or Firebase Auth did not answer: no request asks them, for this time. Then one at a time asks again. */
const RETRY_MS = 1_000;

/**
 * What happens when an instance sees a Firebase ID token for the first time. An event may come late or never: it has none for
 * a linked provider, a verified address or a new name. So the token itself shows what the directory does not have yet. What
 * is written comes from the account, never from the token.
 */
export function createFirstSight(deps: SignUpDeps): FirstSight {
  const { accounts, clock, config, directory, log } = deps;
  /** While they do not answer: when the next request asks. The others must not wait for them. */
  let retryAt: number | undefined;

  /** The entry, and the account if the entry has to be created or changed. Without either, the user was deleted. */
  async function read(shown: ShownProfile): Promise<{ found?: DirectoryEntry; account?: Account }> {
    const found = await directory.find(shown.uid);
    // The entry may be deleted at this moment: a later look-up must not create it again.
    if (found?.disabled) return { found };
    const mayGetRole =
      found !== undefined &&
      config.defaultRole !== 'none' &&
      neverHadRoles(found) &&
      found.providers.length > 0;
    if (found !== undefined && isShown(found, shown) && !mayGetRole) return { found };
    const account = await accounts.find(shown.uid);
    // Deleted: the revocation feed says so.
    if (account === undefined) return {};
    return { account, ...(found && { found }) };
  }

  return {
    async see(shown): Promise<AccessRecord | undefined> {
      // Other code may create users with ids that no entry can have.
      if (!isUid(shown.uid)) return undefined;
      if (retryAt !== undefined) {
        if (clock() < retryAt) return undefined;
        retryAt = clock() + DEADLINE_MS + RETRY_MS;
      }
      // The request needs the access changes next: read them at the same time.
      Promise.resolve(directory.feed.find(shown.uid)).catch(() => undefined);
      let isRead = false;
      async function findEntry(): Promise<DirectoryEntry | undefined> {
        const { found, account } = await read(shown);
        isRead = true;
        retryAt = undefined;
        return account ? provisionUser(deps, account, { requestId: 'first-verification', found }) : found;
      }
      try {
        return await withDeadline('first-verification', findEntry(), DEADLINE_MS);
      } catch (thrown) {
        const error = toAppError(thrown);
        // A change can fail for one user only: many requests change that entry at the same time.
        if (error.code === 'unavailable' && !isRead) retryAt = clock() + RETRY_MS;
        log.failure('first-verification', error);
        return undefined;
      }
    },
  };
}

/** Sign-ins that no linked provider stands for, and providers that `identities` does not list by name. */
const UNLISTED = ['anonymous', 'custom', 'password', 'phone', 'email'];

/** As the directory has the text of a provider. */
const asStored = (text: string | undefined) => text && showHidden(text);

/** Does the token show the profile that the entry has? The profile of an external user comes from the issuer. */
function isShown(entry: DirectoryEntry, shown: ShownProfile): boolean {
  const listed = (providers: readonly string[]) =>
    providers.filter((provider) => !UNLISTED.includes(provider)).toSorted();
  return (
    entry.identity !== undefined ||
    (asStored(shown.email?.toLowerCase()) === entry.email &&
      shown.emailVerified === entry.emailVerified &&
      shown.phoneNumber === entry.phoneNumber &&
      asStored(shown.displayName) === entry.displayName &&
      shown.photoUrl === entry.photoUrl &&
      listed(shown.providers).join() === listed(entry.providers).join() &&
      // Linked since: a guest who chose a password.
      (shown.signInProvider !== 'password' || entry.providers.includes('password')) &&
      (shown.signInProvider !== 'phone' || entry.providers.includes('phone')))
  );
}
