import type { Role } from '../authz/roles.ts';
import { AppError } from '../errors.ts';
import type { Account } from './account.ts';
import type { AccountStore } from './account-store.ts';
import { mergeClaims } from './claims.ts';
import { hasOtherOwner } from './owners.ts';

/**
 * Gives a new account its default role. Does nothing when it has roles or ever had, so that a late or repeated event
 * neither brings back what somebody took away nor takes what somebody gave.
 */
export async function giveDefaultRole(
  store: AccountStore,
  uid: string,
  role: Role,
): Promise<Account | undefined> {
  const account = await store.find(uid);
  if (account === undefined || account.rolesVersion > 0 || account.roles.length > 0) return undefined;
  await store.setClaims(uid, mergeClaims(account.claims, { roles: [role], rolesVersion: 1 }));
  return store.find(uid);
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
  store: AccountStore,
  { email, role, force, unverified }: OperatorGrant,
): Promise<Account> {
  const account = await store.findByEmail(email);
  if (account === undefined) {
    throw new AppError('not_found', `Nobody with the e-mail ${email} has signed up.`);
  }
  if (account.roles.includes(role)) return account;
  if (!force) await checkOperatorGrant(store, account, { role, unverified });
  const roles = [...account.roles, role];
  const claims = mergeClaims(account.claims, { roles, rolesVersion: account.rolesVersion + 1 });
  await store.setClaims(account.uid, claims);
  return { ...account, roles, rolesVersion: account.rolesVersion + 1, claims };
}

async function checkOperatorGrant(
  store: AccountStore,
  account: Account,
  { role, unverified }: Pick<OperatorGrant, 'role' | 'unverified'>,
): Promise<void> {
  const refuse = (why: string) => new AppError('invalid_argument', `${why}, or add --force.`);
  if (account.disabled) throw refuse('This account is disabled: enable it first');
  // Anybody could have signed up with the address by password, and wait for this.
  if (!account.emailVerified && !unverified) {
    throw refuse('This e-mail address is not verified: let them verify it first');
  }
  const everywhere = { maxPages: Number.POSITIVE_INFINITY, disabledToo: true };
  if (role === 'owner' && (await hasOtherOwner(store, account.uid, everywhere))) {
    throw refuse('There is an owner already: ask them');
  }
}
