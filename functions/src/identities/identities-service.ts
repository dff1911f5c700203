import { randomUUID } from 'node:crypto';
import { externalId } from '../authn/external-identity.ts';
import { AppError } from '../core/errors.ts';
import type { Actor, ChangeAccess } from '../directory/change-access.ts';
import type { Directory } from '../directory/directory.ts';
import type { DirectoryEntry } from '../directory/entry.ts';
import { provisionExternalUser } from '../directory/provision-external-user.ts';
import type { AccountStore } from '../platform/firebase-auth/account-store.ts';
import type { Log } from '../platform/logging/log.ts';
import { checkOutranked, withCurrentRoles } from '../users/granting.ts';
import { principalOf, type UsersService } from '../users/users-service.ts';

/** What administrators do with people of other issuers. Linking is theirs to do, and never follows from an address. */
export interface IdentitiesService {
  /** Finds the entry of an identity, or makes it before the person comes for the first time. */
  provision(actor: Actor, identity: { issuer: string; subject: string }): Promise<DirectoryEntry>;
  /**
   * Gives an identity the rights of a Firebase user instead of its own; undefined: its own again.
   *
   * @throws AppError `not_found`, `invalid_argument`, `own_account`, `exceeds_own_permissions`, `version_mismatch`
   */
  link(actor: Actor, uid: string, linkedTo: string | undefined): Promise<DirectoryEntry>;
}

interface Deps {
  readonly accounts: Pick<AccountStore, 'find'>;
  readonly directory: Directory;
  readonly changeAccess: ChangeAccess;
  readonly users: Pick<UsersService, 'get'>;
  readonly log: Pick<Log, 'change'>;
}

export function createIdentitiesService(deps: Deps): IdentitiesService {
  const { accounts, directory, changeAccess, users, log } = deps;

  /** A Firebase user whom somebody can be linked to. */
  async function firebaseUser(uid: string): Promise<DirectoryEntry> {
    const [entry, account] = await Promise.all([
      users.get(uid).catch(undefinedIfNotFound),
      accounts.find(uid),
    ]);
    if (entry === undefined || account === undefined) throw wrongTarget('There is no such Firebase user.');
    // Neither a second step nor a circle.
    if (entry.identity !== undefined) throw wrongTarget('This is somebody of another issuer, too.');
    return entry;
  }

  return {
    async provision(actor, { issuer, subject }) {
      const by = principalOf(actor);
      const uid = externalId(issuer, subject);
      const who = { actor: by.directoryId ?? by.subject, issuer: by.issuer, requestId: actor.requestId };
      let isNew = false;
      const entry = await provisionExternalUser(
        directory,
        { id: uid, issuer, subject, emailVerified: false },
        {
          ...{ actor: by.directoryId, event: who, id: randomUUID() },
          check({ entry: before, actor: acting, now }) {
            withCurrentRoles(by, acting, { needed: 'users:write', now: Math.floor(now / 1000) });
            isNew = before?.identity === undefined;
          },
        },
      );
      if (isNew) log.change({ ...who, action: 'user.provision', target: uid, outcome: 'done' });
      return entry;
    },

    async link(actor, uid, linkedTo) {
      const before = await users.get(uid);
      if (before.identity === undefined) {
        throw new AppError('invalid_argument', 'Only somebody of another issuer can be linked.', {
          errors: [{ field: 'params.uid', message: 'is a Firebase user' }],
        });
      }
      const target = linkedTo === undefined ? undefined : await firebaseUser(linkedTo);
      const current = before.linkedTo === undefined ? undefined : await directory.find(before.linkedTo);
      const action = linkedTo === undefined ? 'identity.unlink' : 'identity.link';
      const changed = await changeAccess(actor, { uid, action }, ({ entry, actor: acting, now }) => {
        const by = withCurrentRoles(principalOf(actor), acting, { needed: 'users:write', now });
        if (entry.linkedTo !== before.linkedTo) {
          throw new AppError('version_mismatch', 'Somebody else linked or unlinked it at this moment.');
        }
        // Whose rights it has, whose it had, whose it will have.
        checkOutranked(by, [entry, current, target], now);
        return entry.linkedTo === linkedTo ? undefined : { link: { to: linkedTo } };
      });
      return changed ?? users.get(uid);
    },
  };
}

function undefinedIfNotFound(error: unknown): undefined {
  if (!(error instanceof AppError && error.code === 'not_found')) throw error;
}

function wrongTarget(message: string): AppError {
  return new AppError('invalid_argument', message, { errors: [{ field: 'body.linkedTo', message }] });
}
