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

/**
 * Adds a role with the operator's own credentials, past the granting rules: how the first owner comes to be.
 *
 * @param force make an owner although there is one already
 * @throws AppError `not_found`; `invalid_argument` when an owner exists already
 */
export async function grantAsOperator(
  store: AccountStore,
  { email, role, force }: { email: string; role: Role; force: boolean },
): Promise<Account> {
  const account = await store.findByEmail(email);
  if (account === undefined)
    throw new AppError('not_found', `Nobody with the e-mail ${email} has signed up.`);
  if (account.roles.includes(role)) return account;
  if (role === 'owner' && !force && (await hasOtherOwner(store, account.uid, Number.POSITIVE_INFINITY))) {
    throw new AppError('invalid_argument', 'There is an owner already: ask them, or add --force.');
  }
  const roles = [...account.roles, role];
  const claims = mergeClaims(account.claims, { roles, rolesVersion: account.rolesVersion + 1 });
  await store.setClaims(account.uid, claims);
  return { ...account, roles, rolesVersion: account.rolesVersion + 1, claims };
}
