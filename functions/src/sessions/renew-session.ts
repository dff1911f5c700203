import { type AuditEvent, type AuditLog, identifyActor } from '../audit/index.ts';
import type { ReadSession, RenewedSession, Sessions } from '../authn/session-cookie/ports.ts';
import type { PrincipalActor } from '../authz/principal.ts';
import { seconds } from '../core/clock.ts';
import { AppError, invalidToken } from '../core/errors.ts';
import { toDate } from '../core/time.ts';
import type { DirectoryService } from '../directory/index.ts';
import type { OpenedFirestore } from '../platform/firestore/firestore.ts';
import { runOnce, type TransactionPart } from '../platform/firestore/transaction.ts';
import { expiryOf, hasOtherRoles, isDue, OVERLAP_SECONDS } from './lifetime.ts';
import type { IssuedSession, SessionReader, SessionsPlatform } from './read-sessions.ts';
import { fromDocument, newValue, refOf, type StoredSession, toDocument } from './session-document.ts';
import { raiseAssurance, userOf } from './sign-in.ts';

/**
 * Raises the assurance of a session with a fresh credential of the same user, and rotates the cookie value.
 *
 * @param valueHash SHA-256 of the cookie value, base64url
 * @throws AppError as `Sessions.read`; `permission_denied` for a credential of another user, `step_up_required` for a weaker
 *   one, `version_mismatch` for a cookie value that was rotated already
 */
export type StepUp = (actor: PrincipalActor, valueHash: string) => Promise<IssuedSession>;

/** The proof of a second factor: its methods, and the part that uses it up in the transaction. */
interface Proof {
  readonly methods: readonly string[];
  readonly part: TransactionPart;
}

/**
 * Raises the assurance of the caller's session to `aal2` with the proof of a second factor, and rotates the cookie value. The
 * proof is used up exactly when the session is raised.
 *
 * @param valueHash SHA-256 of the cookie value, base64url
 * @throws AppError as `Sessions.read`; `version_mismatch` for a cookie value that was rotated already; what the part throws
 */
export type Raise = (actor: PrincipalActor, valueHash: string, proof: Proof) => Promise<IssuedSession>;

/** What a transaction writes besides `lastSeen`. */
interface Update {
  /** With a new cookie value. */
  readonly rotates: boolean;
  readonly fields?: Partial<StoredSession>;
  readonly event?: AuditEvent;
}

export function createRenewSession(
  { config: { sessions: limits }, clock, firestore: open, log }: SessionsPlatform,
  {
    audit,
    directory,
    reader,
  }: { readonly audit: AuditLog; readonly directory: DirectoryService; readonly reader: SessionReader },
): { readonly renew: Sessions['renew']; readonly stepUp: StepUp; readonly raise: Raise } {
  /**
   * @param part of another module, in the same transaction
   * @param decide pure; undefined: there is nothing to write; throws to refuse
   */
  async function update(
    what: string,
    { valueHash, startedAt, part }: { valueHash: string; startedAt: number; part?: TransactionPart },
    decide: (read: ReadSession, now: number) => Update | undefined,
  ): Promise<RenewedSession> {
    const found = await reader.read(valueHash, startedAt);
    const next = newValue();
    const marker = (firestore: OpenedFirestore) => refOf(firestore, next.valueHash);
    const updated = await runOnce(what, open, marker, async (firestore, tx): Promise<RenewedSession> => {
      const ref = refOf(firestore, valueHash);
      const before = fromDocument(await tx.get(ref));
      if (before === undefined) throw invalidToken('unknown-session', { caller: found.session });
      const { record, now } = await reader.readRecordIn(firestore, tx, before, found.record);
      const read = reader.toLive(before, record, now);
      const decided = decide(read, now);
      if (decided === undefined) return read;
      const { rotates, fields, event } = decided;
      const usePart = await part?.(firestore, tx);
      const after = { ...before, ...fields, lastSeen: Math.max(before.lastSeen, now) };
      const expireAt = expiryOf(after, limits);
      if (rotates) {
        const replacedUntil = toDate(now + OVERLAP_SECONDS);
        tx.create(refOf(firestore, next.valueHash), toDocument(after, expireAt));
        tx.update(ref, { replacedUntil, expireAt: replacedUntil });
        // Instances that have the old value in memory learn that it is replaced.
        directory.appendChange(firestore, tx, { uid: before.directoryId, session: valueHash });
      } else tx.update(ref, { lastSeen: toDate(after.lastSeen), expireAt: toDate(expireAt) });
      if (event !== undefined) audit.append(firestore, tx, event);
      usePart?.();
      return { ...reader.toLive(after, record, now), ...(rotates && { value: next.value }) };
    });
    const { value, session } = updated;
    if (value !== undefined) directory.feed.apply({ uid: session.directoryId, session: valueHash });
    return updated;
  }

  /** Gives the session another assurance, and another cookie value. */
  async function raise(
    actor: PrincipalActor,
    valueHash: string,
    decide: (read: ReadSession, now: number) => Partial<Pick<StoredSession, 'assurance' | 'stepUp'>>,
    { part, methods }: Partial<Proof> = {},
  ): Promise<IssuedSession> {
    const startedAt = seconds(clock);
    let event: AuditEvent | undefined;
    const { value, ...read } = await update(
      'sessions.stepUp',
      { valueHash, startedAt, ...(part && { part }) },
      (read, now) => {
        const { session, record } = read;
        const raised = decide(read, now);
        if (session.replaced) throw new AppError('version_mismatch', 'Send the current cookie.');
        const { level } = raised.assurance ?? session.assurance;
        event = {
          ...{ ...identifyActor(actor), action: 'session.step-up', outcome: 'done' },
          target: session.directoryId,
          after: {
            session: session.id,
            assurance: raised.stepUp ? 'aal2' : level,
            ...(methods && { methods }),
          },
        };
        return { rotates: true, fields: { ...raised, rolesVersion: record.rolesVersion }, event };
      },
    );
    if (value === undefined || event === undefined) throw new Error('a step-up always rotates');
    log.change(event);
    return { ...read, value };
  }

  return {
    renew: (valueHash, startedAt, options) =>
      update('sessions.renew', { valueHash, startedAt }, (read) => {
        // Another request has renewed it.
        if (!isDue(read, startedAt, options)) return undefined;
        if (!options.canRotate || !hasOtherRoles(read)) return { rotates: false };
        return { rotates: true, fields: { rolesVersion: read.record.rolesVersion } };
      }),

    async stepUp(actor, valueHash) {
      const { directoryId, assurance } = userOf(actor.principal);
      return raise(actor, valueHash, ({ session }) => {
        if (session.directoryId !== directoryId) {
          const detail = 'The session is of another user.';
          throw new AppError('permission_denied', detail, {
            reason: 'another-user',
            caller: actor.principal,
          });
        }
        // That of an earlier step-up is not of the sign-in: a role change ends it.
        return raiseAssurance(session.assurance, assurance) === assurance ? { assurance } : {};
      });
    },

    raise: (actor, valueHash, proof) =>
      raise(
        actor,
        valueHash,
        ({ record: { rolesVersion } }, at) => ({ stepUp: { at, methods: proof.methods, rolesVersion } }),
        proof,
      ),
  };
}
