import type { ChangeAccess } from '../access/change-access.ts';
import type { Directory } from '../access/directory.ts';
import type { DirectoryEntry } from '../access/directory-entry.ts';
import type { Role } from '../authz/roles.ts';
import { AppError } from '../errors.ts';
import type { AccountStore } from './account-store.ts';
import type { UsersService } from './users-service.ts';

interface FirstRolesDeps {
  readonly accounts: AccountStore;
  readonly users: UsersService;
  readonly changeAccess: ChangeAccess;
  readonly directory: Pick<Directory, 'hasOwner'>;
}

/**
 * Gives a new user their default role. Does nothing when they have roles or ever had, so that a late or repeated event
 * neither brings back what somebody took away nor takes what somebody gave.
 *
 * @param requestId id of the event
 */
export async function giveDefaultRole(
  { users, changeAccess }: Pick<FirstRolesDeps, 'users' | 'changeAccess'>,
  { uid, role, requestId }: { uid: string; role: Role; requestId: string },
): Promise<void> {
  await users.get(uid);
  await changeAccess(
    { principal: 'system', requestId },
    { uid, action: 'roles.default' },
    ({ entry, now }) =>
      entry.rolesVersion > 0 ? undefined : { grants: [{ role, grantedBy: 'system', grantedAt: now }] },
  );
}

interface OperatorGrant {
  readonly email: string;
  readonly role: Role;
  /** Past every refusal. */
  readonly force: boolean;
  /** May the e-mail be one that nobody has proved to own? In the emulator it may. */
  readonly unverified: boolean;
}

/**
 * Adds a role with the operator's own credentials, past the granting rules: how the first owner comes to be.
 *
 * @throws AppError `not_found`; `invalid_argument` when there is an owner, or the account is disabled or unverified
 */
export async function grantAsOperator(
  { accounts, users, changeAccess, directory }: FirstRolesDeps,
  { email, role, force, unverified }: OperatorGrant,
): Promise<DirectoryEntry> {
  const account = await accounts.findByEmail(email);
  if (account === undefined) {
    throw new AppError('not_found', `Nobody with the e-mail ${email} has signed up.`);
  }
  const refuse = (why: string) => new AppError('invalid_argument', `${why}, or add --force.`);
  // Anybody could have signed up with the address by password, and wait for this.
  if (!force && !account.emailVerified && !unverified) {
    throw refuse('This e-mail address is not verified: let them verify it first');
  }
  const { uid } = account;
  const before = await users.get(uid);
  const holds = (grants: DirectoryEntry['grants']) =>
    grants.some((grant) => grant.role === role && grant.expiresAt === undefined);
  if (!force && !holds(before.grants) && role === 'owner' && (await directory.hasOwner())) {
    throw refuse('There is an owner already: ask them');
  }
  const actor = { principal: 'operator', requestId: 'grant' };
  const changed = await changeAccess(actor, { uid, action: 'roles.set' }, ({ entry, now }) => {
    if (holds(entry.grants)) return undefined;
    if (!force && (entry.disabled || account.disabled)) {
      throw refuse('This account is disabled: enable it first');
    }
    const others = entry.grants.filter((grant) => grant.role !== role);
    return { grants: [...others, { role, grantedBy: 'operator', grantedAt: now }] };
  });
  return changed ?? before;
}
