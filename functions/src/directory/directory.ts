import { randomUUID } from 'node:crypto';
import type { DocumentSnapshot, Transaction } from '@google-cloud/firestore';
import type { AuditEvent } from '../audit/audit-event.ts';
import { type AuditLog, auditEventRef } from '../audit/audit-log.ts';
import { type Clock, systemClock } from '../core/clock.ts';
import { AppError, unavailable } from '../core/errors.ts';
import { isUid } from '../core/uid.ts';
import {
  FIRESTORE_DEADLINE_MS,
  type OpenedFirestore,
  type OpenFirestore,
  useFirestore,
} from '../platform/firestore/firestore.ts';
import { type DirectoryEntry, fromDocument, isPermanentOwner, toDocument } from './entry.ts';
import { type AccessChange, appendAccessChange } from './revocation/access-change.ts';

/** What a change is decided on: both as they are when it is committed. */
export interface Situation {
  readonly entry: DirectoryEntry | undefined;
  /** Entry of who asks for the change. */
  readonly actor: DirectoryEntry | undefined;
  /** Milliseconds since the epoch by Firestore's clock, since those of the instances differ. */
  readonly now: number;
}

/** What a change comes to. It is written whole or not at all. */
export interface Outcome {
  /** `null` removes the entry. */
  readonly entry: DirectoryEntry | null;
  /** What every instance has to learn. */
  readonly accessChange?: Omit<AccessChange, 'uid'> | undefined;
  readonly audit?: AuditEvent | undefined;
  /** The account is gone already, so there is no last owner to keep. */
  readonly allowRemovingLastOwner?: boolean;
}

/** The access records in Firestore. Every call fails as `unavailable` when Firestore does not answer in time. */
export interface Directory {
  find(uid: string): Promise<DirectoryEntry | undefined>;
  /** Is there an enabled owner whose grant has no end? */
  hasOwner(): Promise<boolean>;
  /**
   * Changes one entry in a transaction, together with the list of owners, the access change and the audit event.
   *
   * @param id of the audit event; a commit whose answer was lost is not made twice then
   * @param decide pure, may run several times; what it throws ends the transaction; undefined leaves all as it is
   * @returns the outcome, or undefined when there was nothing to do
   * @throws AppError `last_owner`, `unavailable`, or what `decide` throws
   */
  change(
    ids: { readonly uid: string; readonly id?: string | undefined; readonly actor?: string | undefined },
    decide: (situation: Situation) => Outcome | undefined,
  ): Promise<Outcome | undefined>;
}

interface DirectoryDeps {
  readonly open: OpenFirestore;
  readonly clock: Clock;
  readonly audit: Pick<AuditLog, 'append'>;
  /** This instance knows of its own changes at once. */
  readonly onAccessChange: (change: AccessChange) => void;
}

export const DIRECTORY = 'directory';
const OWNERS = 'system/owners';

export function createDirectory({ open, clock, audit, onAccessChange }: DirectoryDeps): Directory {
  /** Who is owner, after the change. @throws AppError `last_owner` */
  async function ownersAfter(
    { db }: OpenedFirestore,
    tx: Transaction,
    { uid, before, outcome }: { uid: string; before: DirectoryEntry | undefined; outcome: Outcome },
  ): Promise<string[] | undefined> {
    const stands = isPermanentOwner(outcome.entry ?? undefined);
    if (stands === isPermanentOwner(before)) return undefined;
    const others = ownersOf(await tx.get(db.doc(OWNERS))).filter((owner) => owner !== uid);
    if (stands) return [...others, uid];
    if (others.length === 0 && !outcome.allowRemovingLastOwner) {
      throw new AppError('last_owner', 'Make somebody else an owner for good first.');
    }
    return others;
  }

  return {
    async find(uid) {
      // Others may make users with ids that no document can have.
      if (!isUid(uid)) return undefined;
      return useFirestore('directory.find', open, async ({ db }) =>
        entryOf(await db.doc(`${DIRECTORY}/${uid}`).get()),
      );
    },

    hasOwner: () =>
      useFirestore('owners.find', open, async ({ db }) => ownersOf(await db.doc(OWNERS).get()).length > 0),

    change: ({ id = randomUUID(), uid, actor }, decide) =>
      useFirestore('directory.change', open, async (firestore) => {
        const { db } = firestore;
        const ref = db.doc(`${DIRECTORY}/${uid}`);
        const eventRef = auditEventRef(firestore, id);
        // Whoever asked has given up by then, and has been told that it may not have happened.
        const until = performance.now() + FIRESTORE_DEADLINE_MS;
        let attempts = 0;
        let committing: Outcome | undefined;
        const transaction = db.runTransaction(async (tx) => {
          attempts++;
          // Only a second attempt can find that the first one was committed, and its answer lost on the way.
          if (attempts > 1 && (await tx.get(eventRef)).exists) return committing;
          if (performance.now() > until) throw unavailable('directory.change: too many attempts');
          const snapshot = await tx.get(ref);
          const before = entryOf(snapshot);
          const acting = actor && entryOf(await tx.get(db.doc(`${DIRECTORY}/${actor}`)));
          const outcome = decide({ entry: before, actor: acting || undefined, now: timeOf(snapshot) });
          committing = outcome;
          if (outcome === undefined) return undefined;
          const owners = await ownersAfter(firestore, tx, { uid, before, outcome });
          if (outcome.entry === null) tx.delete(ref);
          else tx.set(ref, toDocument(outcome.entry));
          if (owners !== undefined) tx.set(db.doc(OWNERS), { uids: owners });
          if (outcome.accessChange !== undefined) {
            appendAccessChange(firestore, tx, { uid, ...outcome.accessChange }, clock);
          }
          if (outcome.audit !== undefined) audit.append(firestore, tx, outcome.audit, id);
          return outcome;
        });
        const made = await transaction.catch(async (error) => {
          // The SDK also repeats the commit alone, and what was committed already is then refused as closed.
          if (error instanceof AppError || committing?.audit === undefined) throw error;
          if ((await eventRef.get()).exists) return committing;
          throw error;
        });
        if (made?.accessChange !== undefined) onAccessChange({ uid, ...made.accessChange });
        return made;
      }),
  };

  function timeOf({ readTime }: DocumentSnapshot): number {
    // A test that moves the clock moves Firestore's with it.
    return clock === systemClock ? readTime.toMillis() : clock();
  }

  function ownersOf(snapshot: DocumentSnapshot): string[] {
    return (snapshot.get('uids') ?? []) as string[];
  }

  function entryOf(snapshot: DocumentSnapshot): DirectoryEntry | undefined {
    const fields = snapshot.data();
    return fields && fromDocument(snapshot.id, fields);
  }
}
