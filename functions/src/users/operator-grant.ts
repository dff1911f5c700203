import { externalId } from '../authn/external-identity.ts';
import type { Actor } from '../authz/principal.ts';
import type { Role } from '../authz/roles.ts';
import { AppError } from '../core/errors.ts';
import {
  type DirectoryEntry,
  type DirectoryService,
  findOrProvision,
  provisionExternalUser,
} from '../directory/index.ts';
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

/**
 * Adds a role with the operator's own credentials, without the granting rules: how a project gets its first owner.
 *
 * @param wanted `unverified`: accept an e-mail address that is not verified, as in the emulator
 * @throws AppError `not_found`; `invalid_argument` when there is an owner, or the account is disabled or unverified
 */
export async function grantAsOperator(
  deps: Deps,
  { email, unverified, ...wanted }: OperatorGrant & { email: string; unverified: boolean },
): Promise<DirectoryEntry> {
  const account = await deps.accounts.findByEmail(email);
  if (account === undefined) {
    throw new AppError('not_found', `No user has signed up with the e-mail address ${email}.`);
  }
  // Without verification, anyone can sign up with the address of another person and get this grant.
  if (!wanted.force && !account.emailVerified && !unverified) {
    throw refuse('This e-mail address is not verified: let them verify it first');
  }
  const { uid, disabled } = account;
  const before = await findOrProvision(deps, uid);
  await checkNoOwner(deps, before, wanted);
  return (await addRole(deps, { uid, disabled, ...wanted })) ?? before;
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
