import { externalId } from '../authn/external-identity.ts';
import type { Actor } from '../authz/principal.ts';
import type { Role } from '../authz/roles.ts';
import { AppError } from '../core/errors.ts';
import {
  type Contact,
  type DirectoryEntry,
  type DirectoryService,
  findByContact,
  findOrProvision,
  provisionExternalUser,
} from '../directory/index.ts';
import { type Account, emailAddressesOf } from '../platform/firebase-auth/account.ts';
import type { Platform } from '../platform/platform.ts';

interface Deps extends Pick<Platform, 'accounts' | 'clock'> {
  readonly directory: DirectoryService;
}

interface OperatorGrant {
  readonly role: Role;
  /** Grant even where the refusal suggests `--force`. */
  readonly force: boolean;
}

const OPERATOR: Actor = { kind: 'operator', requestId: 'grant' };

/** A user as an operator names them. */
export type NamedUser =
  | Contact
  | { readonly uid: string; readonly email?: undefined; readonly phone?: undefined };

/**
 * Adds a role with the operator's own credentials, without the granting rules: how a project gets its first owner.
 *
 * @param wanted `unverified`: accept an e-mail address that is not verified, as in the emulator
 * @throws AppError `not_found`; `invalid_argument` when several users have the address, there is an owner, or the account is
 *   disabled or unverified
 */
export async function grantAsOperator(
  deps: Deps,
  { named, unverified, ...wanted }: OperatorGrant & { named: NamedUser; unverified: boolean },
): Promise<DirectoryEntry> {
  const account = await findNamed(deps, named);
  // Without verification, anyone can sign up with the address of another person and get this grant.
  const isVerified =
    named.email === undefined ||
    emailAddressesOf(account).some((one) => one.verified && one.address === named.email?.toLowerCase());
  if (!wanted.force && !isVerified && !unverified) {
    throw refuse('This e-mail address is not verified: let them verify it first');
  }
  const { uid, disabled } = account;
  const before = await findOrProvision(deps, uid);
  await checkNoOwner(deps, before, wanted);
  return (await addRole(deps, { uid, disabled, ...wanted })) ?? before;
}

/** @throws AppError `not_found`; `invalid_argument` when several users have the address */
async function findNamed(deps: Deps, named: NamedUser): Promise<Account> {
  if (named.email === undefined && named.phone === undefined) {
    const account = await deps.accounts.find(named.uid);
    if (account !== undefined) return account;
    throw new AppError('not_found', `No user has the uid ${named.uid}.`);
  }
  // An external user is named by issuer and subject: other issuers may give out any address.
  const users = (await findByContact(deps, named)).filter(({ identity }) => identity === undefined);
  const what = named.email === undefined ? `phone number ${named.phone}` : `e-mail address ${named.email}`;
  if (users.length > 1) {
    const uids = users.map(({ uid }) => uid).join(', ');
    throw new AppError('invalid_argument', `Several users have the ${what}. Name one by --uid: ${uids}`);
  }
  const account = users[0] && (await deps.accounts.find(users[0].uid));
  if (account !== undefined) return account;
  const detail = `No user has the ${what}. An address of a sign-in provider is known after npm run import-users.`;
  throw new AppError('not_found', detail);
}

/**
 * The same for an external user. The entry is created when there is none. There is no account, and no e-mail address to
 * verify.
 *
 * @throws AppError `invalid_argument` when there is an owner, or the entry is disabled
 */
export async function grantToExternalUser(
  deps: Deps,
  { issuer, subject, ...wanted }: OperatorGrant & { issuer: string; subject: string },
): Promise<DirectoryEntry> {
  const uid = externalId(issuer, subject);
  await checkNoOwner(deps, await deps.directory.find(uid), wanted);
  const identity = { id: uid, issuer, subject, emailVerified: false };
  const event = { actor: OPERATOR.kind, requestId: OPERATOR.requestId };
  const before = await provisionExternalUser(deps.directory, identity, { event });
  return (await addRole(deps, { uid, disabled: false, ...wanted })) ?? before;
}

const refuse = (why: string) => new AppError('invalid_argument', `${why}, or add --force.`);

const holds = (entry: DirectoryEntry, role: Role) =>
  entry.grants.some((grant) => grant.role === role && grant.expiresAt === undefined);

async function checkNoOwner(
  { directory }: Deps,
  entry: DirectoryEntry | undefined,
  { role, force }: OperatorGrant,
): Promise<void> {
  const isNew = entry === undefined || !holds(entry, role);
  if (!force && isNew && role === 'owner' && (await directory.hasOwner())) {
    throw refuse('There is an owner already: ask them');
  }
}

/** @returns undefined for a user who has the role already */
function addRole(
  { directory }: Deps,
  { uid, role, force, disabled }: OperatorGrant & { uid: string; disabled: boolean },
): Promise<DirectoryEntry | undefined> {
  return directory.changeAccess(OPERATOR, { uid, action: 'roles.set' }, ({ entry, now }) => {
    if (holds(entry, role)) return undefined;
    if (!force && (entry.disabled || disabled)) throw refuse('This account is disabled: enable it first');
    const others = entry.grants.filter((grant) => grant.role !== role);
    return { grants: [...others, { role, grantedBy: 'operator', grantedAt: now }] };
  });
}
