import { randomBytes, randomUUID } from 'node:crypto';
import type { Transaction } from '@google-cloud/firestore';
import { type AuditEvent, type AuditLog, identifyActor } from '../audit/index.ts';
import { checkRecord } from '../authn/ports.ts';
import type { Principal, PrincipalActor } from '../authz/principal.ts';
import { createKeyedQueue } from '../core/keyed-queue.ts';
import { type DirectoryService, provisionExternalUser } from '../directory/index.ts';
import type { OpenedFirestore } from '../platform/firestore/firestore.ts';
import { runOnce } from '../platform/firestore/transaction.ts';
import type { Device } from './device.ts';
import { documentsOf, type EndSessions } from './end-sessions.ts';
import { expiryOf, hasEnded, toSession } from './lifetime.ts';
import type { IssuedSession, SessionReader, SessionsPlatform } from './read-sessions.ts';
import {
  newValue,
  refOf,
  SESSIONS,
  type SessionDocuments,
  type SessionStepUp,
  type StoredSession,
  sessionsIn,
  toDocument,
} from './session-document.ts';
import { userOf } from './sign-in.ts';

/**
 * Begins a session for the user of a fresh credential. One transaction: it also ends the sessions of old cookies, and the
 * oldest sessions of a user who would have too many.
 *
 * @param replaces hashes of the cookie values that came along
 * @throws AppError `permission_denied` for a credential that no session may be made of; `invalid_token`, `token_stale`,
 *   `unavailable`
 */
export type CreateSession = (
  actor: PrincipalActor,
  options: { readonly replaces: readonly string[]; readonly device?: Device | undefined },
) => Promise<IssuedSession>;

/**
 * Finds the second factor that the user of a token has proved since the sign-in, in the transaction that begins a session.
 *
 * @param now seconds since the epoch
 */
export type FindStepUp = (
  firestore: OpenedFirestore,
  tx: Transaction,
  principal: Principal,
  at: { readonly rolesVersion: number; readonly now: number },
) => Promise<SessionStepUp | undefined>;

interface Needs {
  readonly findStepUp: FindStepUp;
  readonly audit: AuditLog;
  readonly directory: DirectoryService;
  readonly reader: SessionReader;
  readonly endings: EndSessions;
}

export function createCreateSession(
  { config: { sessions: config }, firestore: open, log }: SessionsPlatform,
  { audit, directory, reader, endings, findStepUp }: Needs,
): CreateSession {
  // Sign-ins of one user at the same time would make each other's transactions fail.
  const queue = createKeyedQueue();

  return async (actor, { replaces, device }) => {
    const { principal } = actor;
    const user = userOf(principal);
    const { directoryId } = user;
    // Sessions need an entry, even where the issuer's profile has no just-in-time provisioning.
    if (user.uid === undefined) {
      const { issuer, subject, email, emailVerified = false } = user;
      await provisionExternalUser(directory, { id: directoryId, issuer, subject, email, emailVerified });
    }
    const { value, valueHash } = newValue();
    const id = randomUUID();
    const csrfKey = randomBytes(32).toString('base64url');
    const by = identifyActor(actor);
    const event: AuditEvent = {
      ...{ ...by, action: 'session.create', target: directoryId, outcome: 'done' },
      after: { session: id },
    };
    const signIn = { ...user, id, validSince: principal.authTime, created: Number.POSITIVE_INFINITY };
    const { ended, ...issued } = await queue(directoryId, async () => {
      const before = await reader.readRecord(signIn);
      const marker = (firestore: OpenedFirestore) => refOf(firestore, valueHash);
      return runOnce('sessions.create', open, marker, async (firestore, tx) => {
        const { record, now } = await reader.readRecordIn(firestore, tx, signIn, before);
        // With the clock of an issuer ahead, the sign-in seems to be later than a revocation that follows it.
        const validSince = Math.min(signIn.validSince, now);
        checkRecord(record, validSince, user);
        // An account has the time of Firebase Auth.
        const times = { validSince, created: Math.max(now, record.created), lastSeen: now };
        const { rolesVersion, factors } = record;
        const stepUp = factors && (await findStepUp(firestore, tx, principal, { rolesVersion, now }));
        const stored = { ...user, ...device, ...times, id, csrfKey, rolesVersion, stepUp };
        const isAlive = (other: StoredSession) => {
          const session = toSession(other, record, now, config);
          return session.validSince >= record.validAfter && !hasEnded(session, now);
        };
        const { replaced, others } = await findSessions(firestore, tx, { directoryId, replaces, now });
        const alive = others.filter(({ stored: other }) => isAlive(other));
        for (const { documents } of others.filter((other) => !alive.includes(other)))
          for (const { ref } of documents) tx.delete(ref);
        const excess = alive
          .toSorted((a, b) => a.stored.created - b.stored.created)
          .slice(0, Math.max(0, alive.length + 1 - config.maxPerUser));
        tx.create(refOf(firestore, valueHash), toDocument(stored, expiryOf(stored, config)));
        audit.append(firestore, tx, event);
        const ended = [
          ...replaced.map((one) => endings.endIn(firestore, tx, one, { by, cause: 'replaced-by-sign-in' })),
          ...excess.map((one) => endings.endIn(firestore, tx, one, { by, cause: 'too-many' })),
        ];
        return { ...reader.toLive(stored, record, now), ended };
      });
    });
    log.change(event);
    endings.applyEnds(ended);
    return { ...issued, value };
  };
}

/** The sessions of the old cookies, of any user, and the other sessions of the user. */
async function findSessions(
  firestore: OpenedFirestore,
  tx: Transaction,
  { directoryId, replaces, now }: { directoryId: string; replaces: readonly string[]; now: number },
): Promise<{ replaced: readonly SessionDocuments[]; others: readonly SessionDocuments[] }> {
  const ofUser = await tx.get(firestore.db.collection(SESSIONS).where('user', '==', directoryId));
  const old = await Promise.all(replaces.map((valueHash) => tx.get(refOf(firestore, valueHash))));
  const ids = new Set(
    old
      // A value that was replaced long ago may be in other hands.
      .filter((document) => now < (document.get('replacedUntil')?.seconds ?? Number.POSITIVE_INFINITY))
      .map((document): unknown => document.get('id'))
      .filter((id) => typeof id === 'string'),
  );
  const found = await Promise.all([...ids].map((id) => tx.get(documentsOf(firestore, id))));
  return {
    replaced: found.flatMap(({ docs }) => sessionsIn(docs)),
    others: sessionsIn(ofUser.docs).filter(({ stored }) => !ids.has(stored.id)),
  };
}
