import type { Transaction } from '@google-cloud/firestore';
import { type AccessRecord, checkRecord } from '../authn/ports.ts';
import type { ReadSession, Session } from '../authn/session-cookie/ports.ts';
import { checkSignIn } from '../authn/sign-in-policy.ts';
import { AppError, invalidToken, unavailable } from '../core/errors.ts';
import { type DirectoryService, entryVersion } from '../directory/index.ts';
import { type OpenedFirestore, useFirestore } from '../platform/firestore/firestore.ts';
import type { Platform } from '../platform/platform.ts';
import { hasEnded, limitsOf, withEnds } from './lifetime.ts';
import { fromDocument, refOf, type StoredSession } from './session-document.ts';
import type { SessionUser } from './sign-in.ts';

/** A session with a new cookie value. */
export interface IssuedSession extends ReadSession {
  /** Never stored, never logged. */
  readonly value: string;
}

/** What the sessions use of the platform. */
export type SessionsPlatform = Pick<Platform, 'config' | 'clock' | 'firestore' | 'log'>;

/** Whom a record is read for, and what it is compared with. */
type RecordQuery = SessionUser & Pick<Session, 'created' | 'validSince'>;

/** How often a record is read that has changed before the transaction. */
const MAX_READS = 4;

/** Reads sessions together with the records of their users. */
export type SessionReader = ReturnType<typeof createSessionReader>;

export function createSessionReader(
  { config, firestore: open }: SessionsPlatform,
  { directory }: { directory: DirectoryService },
) {
  const { records } = directory;

  /** @throws AppError `invalid_token`, `token_stale`, `sign_in_not_allowed` */
  function checkUser(session: RecordQuery, record: AccessRecord | undefined): AccessRecord {
    // A deployment that trusts an issuer no longer ends the sessions of its users.
    if (session.uid === undefined && !config.trustedIssuers.some(({ issuer }) => issuer === session.issuer))
      throw invalidToken('issuer-not-trusted', { caller: session });
    // A user who was deleted may come back with the same id. Their old sessions do not.
    if (record === undefined || session.created < record.created)
      throw invalidToken('account-deleted', { caller: session });
    checkRecord(record, session.validSince, session);
    checkSignIn(config.signIn, session);
    return record;
  }

  /** @throws AppError as {@link checkUser}; `unavailable` */
  async function readRecord(session: RecordQuery): Promise<AccessRecord> {
    const { directoryId: id, issuer, subject, uid } = session;
    const identity = { id, issuer, subject, emailVerified: false, jitProvisioning: false };
    const record =
      uid === undefined ? (await records.readExternal(identity)).record : await records.read(uid);
    return checkUser(session, record);
  }

  /** @throws AppError `invalid_token` for one that has ended */
  function toLiveSession(stored: StoredSession | undefined, record: AccessRecord, now: number): Session {
    if (stored === undefined) throw invalidToken('unknown-session');
    const session = withEnds(stored, limitsOf(record, now, config.sessions));
    if (hasEnded(session, now)) throw invalidToken('session-expired', { caller: stored });
    return session;
  }

  const find = (hash: string): Promise<StoredSession | undefined> =>
    useFirestore('sessions.find', open, async (firestore) =>
      fromDocument(await refOf(firestore, hash).get()),
    );

  /** @throws AppError as {@link readRecord}; `invalid_token` for an unknown session */
  async function findWithRecord(hash: string): Promise<{ stored: StoredSession; record: AccessRecord }> {
    const stored = await find(hash);
    if (stored === undefined) throw invalidToken('unknown-session');
    try {
      return { stored, record: await readRecord(stored) };
    } catch (error) {
      const isStale = error instanceof AppError && error.code === 'token_stale';
      // A revocation between the two reads may have kept this session: then it counts as of the revocation.
      const again = isStale ? await find(hash) : undefined;
      if (again === undefined || again.validSince === stored.validSince) throw error;
      return { stored: again, record: await readRecord(again) };
    }
  }

  return {
    find,
    checkUser,
    readRecord,
    toLiveSession,

    async read(hash: string, now: number): Promise<ReadSession> {
      const { stored, record } = await findWithRecord(hash);
      const session = toLiveSession(stored, record, now);
      return { session, record, directoryVersion: entryVersion(stored.directoryId, record, now) };
    },

    /**
     * Checks the entry again, in the transaction that writes a session.
     *
     * @returns Firestore's time in seconds; undefined when the roles are not those of `record`
     * @throws AppError `invalid_token`, `token_stale`
     */
    async checkEntry(
      firestore: OpenedFirestore,
      tx: Transaction,
      user: Pick<Session, 'directoryId' | 'issuer' | 'subject' | 'validSince'>,
      record: AccessRecord,
    ): Promise<number | undefined> {
      const { entry, now } = await directory.readIn(firestore, tx, user.directoryId);
      if (entry === undefined) throw invalidToken('account-deleted', { caller: user });
      checkRecord(entry, user.validSince, user);
      const isCurrent = entry.rolesVersion === record.rolesVersion && entry.created === record.created;
      return isCurrent ? now : undefined;
    },
  };
}

/**
 * Repeats a read and its transaction until nothing changes in between.
 *
 * @param work returns undefined when the transaction has found what it was given out of date
 * @throws AppError `unavailable`
 */
export async function untilCurrent<T>(what: string, work: () => Promise<T | undefined>): Promise<T> {
  for (let reads = 0; reads < MAX_READS; reads++) {
    const done = await work();
    if (done !== undefined) return done;
  }
  throw unavailable(`${what}: the record changes all the time`);
}
