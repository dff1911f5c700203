import { externalId } from '../authn/external-identity.ts';
import type { Role } from '../authz/roles.ts';
import { AppError } from '../core/errors.ts';
import type { ChangeAccess } from '../directory/change-access.ts';
import type { Directory } from '../directory/directory.ts';
import type { DirectoryEntry } from '../directory/entry.ts';
import { provisionExternalUser } from '../directory/provision-external-user.ts';
import type { AccountStore } from '../platform/firebase-auth/account-store.ts';
import type { UsersService } from './users-service.ts';

interface FirstRolesDeps {
  readonly accounts: AccountStore;
  readonly users: UsersService;
  readonly changeAccess: ChangeAccess;
  readonly directory: Directory;
}

/**
 * Gives a new user their default role. Does nothing when they have roles or ever had, so that a late or repeated event
 * neither brings back what somebody took away nor takes what somebody gave.
 *
 * @param requestId id of the event
 */
export async function grantDefaultRole(
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
  readonly role: Role;
  /** Past every refusal that has it in its words. */
  readonly force: boolean;
}

const OPERATOR = { actor: 'operator', requestId: 'grant' };

/**
 * Adds a role with the operator's own credentials, past the granting rules: how the first owner comes to be.
 *
 * @param wanted `unverified`: may the e-mail be one that nobody has proved to own? In the emulator it may
 * @throws AppError `not_found`; `invalid_argument` when there is an owner, or the account is disabled or unverified
 */
export async function grantAsOperator(
  deps: FirstRolesDeps,
  { email, unverified, ...wanted }: OperatorGrant & { email: string; unverified: boolean },
): Promise<DirectoryEntry> {
  const account = await deps.accounts.findByEmail(email);
  if (account === undefined) {
    throw new AppError('not_found', `Nobody with the e-mail ${email} has signed up.`);
  }
  // Anybody could have signed up with the address by password, and wait for this.
  if (!wanted.force && !account.emailVerified && !unverified) {
    throw refuse('This e-mail address is not verified: let them verify it first');
  }
  const { uid, disabled } = account;
  const before = await deps.users.get(uid);
  await checkNoOwner(deps, before, wanted);
  return (await addRole(deps, { uid, disabled, ...wanted })) ?? before;
}

/**
 * The same for somebody of another issuer, who is entered in the directory if need be: there is no account to find, and
 * no address to verify.
 *
 * @throws AppError `invalid_argument` when there is an owner, or the entry is disabled
 */
export async function grantToExternalUser(
  deps: FirstRolesDeps,
  { issuer, subject, ...wanted }: OperatorGrant & { issuer: string; subject: string },
): Promise<DirectoryEntry> {
  const uid = externalId(issuer, subject);
  await checkNoOwner(deps, await deps.directory.find(uid), wanted);
  const identity = { id: uid, issuer, subject, emailVerified: false };
  const before = await provisionExternalUser(deps.directory, identity, { event: OPERATOR });
  return (await addRole(deps, { uid, disabled: false, ...wanted })) ?? before;
}

const refuse = (why: string) => new AppError('invalid_argument', `${why}, or add --force.`);

const holds = (entry: DirectoryEntry, role: Role) =>
  entry.grants.some((grant) => grant.role === role && grant.expiresAt === undefined);

async function checkNoOwner(
  { directory }: FirstRolesDeps,
  entry: DirectoryEntry | undefined,
  { role, force }: OperatorGrant,
): Promise<void> {
  const isNew = entry === undefined || !holds(entry, role);
  if (!force && isNew && role === 'owner' && (await directory.hasOwner())) {
    throw refuse('There is an owner already: ask them');
  }
}

/** @returns undefined for somebody who has it already */
function addRole(
  { changeAccess }: FirstRolesDeps,
  { uid, role, force, disabled }: OperatorGrant & { uid: string; disabled: boolean },
): Promise<DirectoryEntry | undefined> {
  const actor = { principal: OPERATOR.actor, requestId: OPERATOR.requestId };
  return changeAccess(actor, { uid, action: 'roles.set' }, ({ entry, now }) => {
    if (holds(entry, role)) return undefined;
    if (!force && (entry.disabled || disabled)) throw refuse('This account is disabled: enable it first');
    const others = entry.grants.filter((grant) => grant.role !== role);
    return { grants: [...others, { role, grantedBy: 'operator', grantedAt: now }] };
  });
}
