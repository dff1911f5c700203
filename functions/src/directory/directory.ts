import { randomUUID } from 'node:crypto';
import type { DocumentData, DocumentSnapshot, Transaction } from '@google-cloud/firestore';
import { type AuditEvent, type AuditLog, auditEventRef } from '../audit/index.ts';
import type { FactorKind } from '../core/access-types.ts';
import type { Clock } from '../core/clock.ts';
import { AppError } from '../core/errors.ts';
import { isUid } from '../core/uid.ts';
import { type OpenedFirestore, type OpenFirestore, useFirestore } from '../platform/firestore/firestore.ts';
import { runOnce, type TransactionPart, transactionTime } from '../platform/firestore/transaction.ts';
import { type DirectoryEntry, isPermanentOwner } from './entry.ts';
import { fromDocument, toDocument } from './entry-document.ts';
import { type AccessChange, appendAccessChange } from './revocation/access-changes.ts';

/** What a change is decided on: both entries as read in the transaction. */
export interface ChangeContext<Entry extends DirectoryEntry | undefined = DirectoryEntry> {
  readonly entry: Entry;
  /** Entry of the actor; undefined when the actor has none. */
  readonly actor: DirectoryEntry | undefined;
  /** Seconds since the epoch, by Firestore's clock: the clocks of the instances differ. */
  readonly now: number;
  /** The second that was this many milliseconds ago, by the same clock. */
  secondBefore(milliseconds: number): number;
  /** In a change with `ownerClaim`. */
  readonly ownerClaim?: OwnerClaim | undefined;
}

/** What decides whether a user may become the first owner. */
export interface OwnerClaim {
  readonly hasOwner: boolean;
  /** The document of the claim code; undefined when there is none. */
  readonly document: DocumentData | undefined;
}

/** What a change writes: all of it or nothing. */
export interface Outcome {
  /** `null` deletes the entry. */
  readonly entry: DirectoryEntry | null;
  /** What every instance must apply. */
  readonly accessChange?: Omit<AccessChange, 'uid'> | undefined;
  readonly audit?: AuditEvent | undefined;
  /** The account was deleted already, so the last owner cannot be kept. */
  readonly allowRemovingLastOwner?: boolean;
}

/** The entries in Firestore. Every call fails as `unavailable` when Firestore does not answer in time. */
export interface Directory {
  find(uid: string): Promise<DirectoryEntry | undefined>;
  /** Is there a permanent owner? */
  hasOwner(): Promise<boolean>;
  /**
   * Changes one entry in a transaction, together with the list of owners, the access change and the audit event.
   *
   * @param ids `id` of the audit event, which shows whether a commit without a response was made; directory id of the `actor`;
   *   `ownerClaim`: the change uses the claim code, and deletes it
   * @param decide pure, may run several times; what it throws ends the transaction; undefined changes nothing
   * @returns the outcome, or undefined when nothing was changed
   * @throws AppError `last_owner`, `unavailable`, or what `decide` throws
   */
  change(
    ids: {
      readonly uid: string;
      readonly id?: string | undefined;
      readonly actor?: string | undefined;
      readonly ownerClaim?: true | undefined;
      /** What the transaction also does. */
      readonly part?: TransactionPart | undefined;
    },
    decide: (context: ChangeContext<DirectoryEntry | undefined>) => Outcome | undefined,
  ): Promise<Outcome | undefined>;
  /**
   * Reads an entry in a transaction of another module. @returns `now`: seconds since the epoch, by Firestore's clock */
  readIn(
    firestore: OpenedFirestore,
    tx: Transaction,
    uid: string,
  ): Promise<{ readonly entry: DirectoryEntry | undefined; readonly now: number }>;
  /** Writes the kinds of second factors of a user, in a transaction of another module that has read the entry. */
  writeFactorsIn(
    firestore: OpenedFirestore,
    tx: Transaction,
    uid: string,
    factors: readonly FactorKind[],
  ): void;
  /** Registers what the transaction that deletes an entry also does, for modules with documents of the user. */
  whenDeleted(part: (uid: string) => TransactionPart): void;
  /** Adds an access change to a transaction of another module, which applies it to `feed` when it is committed. */
  appendChange(firestore: OpenedFirestore, tx: Transaction, change: AccessChange): void;
}

interface DirectoryDeps {
  readonly open: OpenFirestore;
  readonly clock: Clock;
  readonly audit: Pick<AuditLog, 'append'>;
  /** Called for the changes of this instance. */
  readonly onAccessChange: (change: AccessChange) => void;
}

export const DIRECTORY = 'directory';
export const OWNERS = 'system/owners';
export const OWNER_CLAIM = 'system/ownerClaim';

export function createDirectory({ open, clock, audit, onAccessChange }: DirectoryDeps): Directory {
  const deletions: ((uid: string) => TransactionPart)[] = [];

  /** The owners after the change; undefined: the same as before. @throws AppError `last_owner` */
  async function ownersAfter(
    { db }: OpenedFirestore,
    tx: Transaction,
    { uid, before, outcome }: { uid: string; before: DirectoryEntry | undefined; outcome: Outcome },
  ): Promise<string[] | undefined> {
    const isOwner = isPermanentOwner(outcome.entry ?? undefined);
    if (isOwner === isPermanentOwner(before)) return undefined;
    const others = ownersOf(await tx.get(db.doc(OWNERS))).filter((owner) => owner !== uid);
    if (isOwner) return [...others, uid];
    if (others.length === 0 && !outcome.allowRemovingLastOwner) {
      throw new AppError('last_owner', 'Give another user the role owner without an expiry first.');
    }
    return others;
  }

  function timesOf(snapshot: DocumentSnapshot): Pick<ChangeContext, 'now' | 'secondBefore'> {
    const at = transactionTime(snapshot, clock);
    const secondBefore = (milliseconds: number) => Math.floor((at - milliseconds) / 1000);
    return { now: secondBefore(0), secondBefore };
  }

  return {
    async find(uid) {
      // Other code may create users with ids that no document can have.
      if (!isUid(uid)) return undefined;
      return useFirestore('directory.find', open, async ({ db }) =>
        entryOf(await db.doc(`${DIRECTORY}/${uid}`).get()),
      );
    },

    hasOwner: () =>
      useFirestore('owners.find', open, async ({ db }) => ownersOf(await db.doc(OWNERS).get()).length > 0),

    async change({ id = randomUUID(), uid, actor, ownerClaim, part }, decide) {
      const marker = (firestore: OpenedFirestore) => auditEventRef(firestore, id);
      const result = await runOnce('directory.change', open, marker, async (firestore, tx) => {
        const { db } = firestore;
        const ref = db.doc(`${DIRECTORY}/${uid}`);
        const snapshot = await tx.get(ref);
        const before = entryOf(snapshot);
        const acting =
          actor === undefined ? undefined : entryOf(await tx.get(db.doc(`${DIRECTORY}/${actor}`)));
        const claim = ownerClaim && (await readOwnerClaim(firestore, tx));
        const outcome = decide({ entry: before, actor: acting, ownerClaim: claim, ...timesOf(snapshot) });
        if (outcome === undefined) return undefined;
        const owners = await ownersAfter(firestore, tx, { uid, before, outcome });
        const parts = [part ?? [], outcome.entry === null ? deletions.map((of) => of(uid)) : []].flat();
        const writes = await Promise.all(parts.map((one) => one(firestore, tx)));
        for (const write of writes) write();
        if (outcome.entry === null) tx.delete(ref);
        else tx.set(ref, toDocument(outcome.entry));
        if (owners !== undefined) tx.set(db.doc(OWNERS), { uids: owners });
        if (ownerClaim) tx.delete(db.doc(OWNER_CLAIM));
        if (outcome.accessChange !== undefined) {
          appendAccessChange(firestore, tx, { uid, ...outcome.accessChange }, clock);
        }
        if (outcome.audit !== undefined) audit.append(firestore, tx, outcome.audit, id);
        return outcome;
      });
      if (result?.accessChange !== undefined) onAccessChange({ uid, ...result.accessChange });
      return result;
    },

    async readIn(firestore, tx, uid) {
      const snapshot = await tx.get(firestore.db.doc(`${DIRECTORY}/${uid}`));
      return { entry: entryOf(snapshot), now: timesOf(snapshot).now };
    },

    writeFactorsIn: ({ db }, tx, uid, factors) => tx.update(db.doc(`${DIRECTORY}/${uid}`), { factors }),

    whenDeleted: (part) => {
      deletions.push(part);
    },

    appendChange: (firestore, tx, change) => appendAccessChange(firestore, tx, change, clock),
  };
}

async function readOwnerClaim({ db }: OpenedFirestore, tx: Transaction): Promise<OwnerClaim> {
  const [owners, claim] = await Promise.all([tx.get(db.doc(OWNERS)), tx.get(db.doc(OWNER_CLAIM))]);
  return { hasOwner: ownersOf(owners).length > 0, document: claim.data() };
}

function ownersOf(snapshot: DocumentSnapshot): string[] {
  return (snapshot.get('uids') ?? []) as string[];
}

function entryOf(snapshot: DocumentSnapshot): DirectoryEntry | undefined {
  const fields = snapshot.data();
  return fields && fromDocument(snapshot.id, fields);
}
