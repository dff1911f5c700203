import { randomUUID } from 'node:crypto';
import type { Query, Transaction } from '@google-cloud/firestore';
import { type AuditEvent, type AuditLog, auditEventRef } from '../audit/index.ts';
import type { DirectoryService } from '../directory/index.ts';
import type { OpenedFirestore } from '../platform/firestore/firestore.ts';
import { runOnce } from '../platform/firestore/transaction.ts';
import type { SessionsPlatform } from './read-sessions.ts';
import { SESSIONS, type SessionDocuments, sessionsIn } from './session-document.ts';

/** Why a session ends before its time, as audit events say it. */
export type EndCause = 'signed-out' | 'ended-by-user' | 'ended-by-admin' | 'replaced-by-sign-in' | 'too-many';

/** Who ends a session. */
export type EndedBy = Pick<AuditEvent, 'actor' | 'issuer' | 'requestId'>;

/** Deletes sessions: documents, audit event and access change in one transaction. */
export type EndSessions = ReturnType<typeof createEndSessions>;

export function createEndSessions(
  { firestore: open, log }: SessionsPlatform,
  { audit, directory }: { audit: AuditLog; directory: DirectoryService },
) {
  /** Ends one session in a transaction. */
  function endIn(
    firestore: OpenedFirestore,
    tx: Transaction,
    { stored: { id, directoryId: uid }, documents }: SessionDocuments,
    { by, cause, eventId }: { by: EndedBy; cause: EndCause; eventId?: string },
  ): AuditEvent {
    for (const { ref } of documents) tx.delete(ref);
    const event = { action: 'session.end', target: uid, outcome: 'done' } as const;
    const ended: AuditEvent = { ...by, ...event, after: { session: id, cause } };
    audit.append(firestore, tx, ended, eventId);
    directory.appendChange(firestore, tx, { uid, session: id });
    return ended;
  }

  /** After the commit: logs the ends, and applies them to this instance. */
  function applyEnds(ended: readonly AuditEvent[]): void {
    for (const event of ended) {
      log.change(event);
      directory.feed.apply({ uid: event.target, session: String(event.after?.session) });
    }
  }

  return {
    endIn,
    applyEnds,

    /**
     * Ends one session of a user.
     *
     * @param user directory id
     * @param check of the actor, in the transaction; throws to refuse
     * @returns false when the user has no such session
     */
    async end(
      by: EndedBy,
      { user, id }: { user: string; id: string },
      cause: EndCause,
      check?: (firestore: OpenedFirestore, tx: Transaction) => Promise<void>,
    ): Promise<boolean> {
      const eventId = randomUUID();
      const marker = (firestore: OpenedFirestore) => auditEventRef(firestore, eventId);
      const ended = await runOnce('sessions.end', open, marker, async (firestore, tx) => {
        await check?.(firestore, tx);
        const found = sessionsIn((await tx.get(documentsOf(firestore, id))).docs);
        const own = found.filter(({ stored }) => stored.directoryId === user);
        return own.map((session) => endIn(firestore, tx, session, { by, cause, eventId }));
      });
      applyEnds(ended);
      return ended.length > 0;
    },
  };
}

/** The documents of a session. */
export const documentsOf = ({ db }: OpenedFirestore, id: string): Query =>
  db.collection(SESSIONS).where('id', '==', id);
