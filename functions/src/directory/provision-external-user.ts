import type { AuditEvent } from '../audit/audit-event.ts';
import type { ExternalIdentity } from '../authn/external-identity.ts';
import { AppError } from '../core/errors.ts';
import type { Directory, Outcome, Situation } from './directory.ts';
import type { DirectoryEntry } from './entry.ts';

/** Who enters an identity, besides the identity itself, by being seen. */
interface By {
  /** Directory id of who asks for it. */
  readonly actor?: string | undefined;
  readonly event?: Pick<AuditEvent, 'actor' | 'issuer' | 'requestId'>;
  /** Id of the audit event. */
  readonly id?: string;
  /** Throws what refuses it. */
  readonly check?: (situation: Situation) => void;
}

const JIT_PROVISIONING = { actor: 'system', requestId: 'jit-provisioning' };

/**
 * The entry of somebody of another issuer, made when there is none: without a role, since what the issuer says of them is
 * in their token. Whoever comes second finds the first one's.
 *
 * @throws AppError `internal` when the entry is somebody else's, or what `check` throws
 */
export async function provisionExternalUser(
  directory: Directory,
  identity: Omit<ExternalIdentity, 'jitProvisioning'>,
  { actor, event = JIT_PROVISIONING, id, check }: By = {},
): Promise<DirectoryEntry> {
  const { id: uid, issuer, subject } = identity;
  let entered: DirectoryEntry | undefined;
  await directory.change({ uid, actor, id }, (situation): Outcome | undefined => {
    check?.(situation);
    const { entry } = situation;
    entered = entry;
    if (entry?.identity !== undefined) return undefined;
    // Without an identity: an account that an exchange left was imported before the person was seen again.
    const now = Math.floor(situation.now / 1000);
    entered = { ...(entry ?? emptyEntry(uid, now)), ...profileOf(identity), identity: { issuer, subject } };
    const audit = { ...event, action: 'user.provision', target: uid, outcome: 'done' } as const;
    return { entry: entered, audit: { ...audit, after: { issuer, subject } } };
  });
  if (entered === undefined) throw new Error('entered by nobody');
  return checkIdentity(entered, identity);
}

/** @throws AppError `internal` for the entry of somebody else: no rights are guessed from it */
export function checkIdentity(
  entry: DirectoryEntry,
  { issuer, subject }: Pick<ExternalIdentity, 'issuer' | 'subject'>,
): DirectoryEntry {
  if (entry.identity?.issuer === issuer && entry.identity.subject === subject) return entry;
  const logDetail = `directory/${entry.uid} is of another identity`;
  throw new AppError('internal', undefined, { reason: 'identity-mismatch', logDetail });
}

/** The address that an issuer gives now, so that people can be found by it. A token without one says nothing. */
export async function updateEmail(
  directory: Directory,
  entry: DirectoryEntry,
  identity: ExternalIdentity,
): Promise<void> {
  const isFollowed = ({ email, emailVerified }: DirectoryEntry) =>
    email === identity.email?.toLowerCase() && emailVerified === identity.emailVerified;
  if (identity.email === undefined || isFollowed(entry)) return;
  await directory.change({ uid: entry.uid }, ({ entry: current }) =>
    current === undefined || isFollowed(current)
      ? undefined
      : { entry: { ...current, ...profileOf(identity) } },
  );
}

function profileOf({
  email,
  emailVerified,
  issuer,
}: Pick<ExternalIdentity, 'email' | 'emailVerified' | 'issuer'>) {
  return { email: email?.toLowerCase(), emailVerified, providers: [issuer] };
}

function emptyEntry(uid: string, now: number): Omit<DirectoryEntry, 'emailVerified' | 'providers'> {
  return {
    ...{ uid, grants: [], rolesVersion: 0, claimsVersion: 0, disabled: false, validAfter: 0 },
    ...{ pending: [], created: now, updated: now },
  };
}
