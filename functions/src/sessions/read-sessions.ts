import type { Transaction } from '@google-cloud/firestore';
import { type AccessRecord, checkRecord } from '../authn/ports.ts';
import type { ReadSession, Session } from '../authn/session-cookie/ports.ts';
import { checkSignIn } from '../authn/sign-in-policy.ts';
import { AppError, invalidToken } from '../core/errors.ts';
import { type DirectoryService, entryVersion, recordOf, withRevocation } from '../directory/index.ts';
import { type OpenedFirestore, useFirestore } from '../platform/firestore/firestore.ts';
import type { Platform } from '../platform/platform.ts';
import { hasEnded, toSession, validSinceOf } from './lifetime.ts';
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
type RecordQuery = SessionUser & Pick<Session, 'id' | 'created' | 'validSince'>;

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
    checkRecord(record, validSinceOf(session, record), session);
    checkSignIn(config.signIn, session);
    return record;
  }

  /** @throws AppError as {@link checkUser}; `unavailable` */
  async function readRecord(session: RecordQuery): Promise<AccessRecord> {
    const { directoryId: id, issuer, subject, uid } = session;
    const identity = { id, issuer, subject, emailVerified: false, jitProvisioning: false };
    const read = async () =>
      uid === undefined ? (await records.readExternal(identity)).record : records.read(uid);
    try {
      return checkUser(session, await read());
    } catch (error) {
      if (!(error instanceof AppError) || error.code !== 'token_stale') throw error;
      // Of a revocation between the reads of entry and account, the entry did not say yet which session it keeps.
      return checkUser(session, await read());
    }
  }

  /** @throws AppError `invalid_token` for one that has ended */
  function toLive(stored: StoredSession, record: AccessRecord, now: number): ReadSession {
    const session = toSession(stored, record, now, config.sessions);
    if (hasEnded(session, now)) throw invalidToken('session-expired', { caller: stored });
    return { session, record, directoryVersion: entryVersion(session.directoryId, record, now) };
  }

  const find = (hash: string): Promise<StoredSession | undefined> =>
    useFirestore('sessions.find', open, async (firestore) =>
      fromDocument(await refOf(firestore, hash).get()),
    );

  return {
    find,
    checkUser,
    readRecord,
    toLive,

    async read(hash: string, now: number): Promise<ReadSession> {
      const stored = await find(hash);
      if (stored === undefined) throw invalidToken('unknown-session');
      return toLive(stored, await readRecord(stored), now);
    },

    /**
     * Reads the record again, in the transaction that writes a session.
     *
     * @param before the record as read before the transaction, which cannot read the account
     * @returns `now`: seconds since the epoch, by Firestore's clock
     * @throws AppError as {@link checkUser}
     */
    async readRecordIn(
      firestore: OpenedFirestore,
      tx: Transaction,
      session: RecordQuery,
      before: AccessRecord,
    ): Promise<{ readonly record: AccessRecord; readonly now: number }> {
      const { directoryId, issuer, uid } = session;
      const { entry, now } = await directory.readIn(firestore, tx, directoryId);
      const current = entry && recordOf(entry, uid === undefined ? issuer : undefined);
      const record = checkUser(session, current && withRevocation(current, before.validAfter));
      return { record, now };
    },
  };
}
