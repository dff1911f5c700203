import type { Query } from '@google-cloud/firestore';
import type { AuditLog } from '../audit/index.ts';
import { AppError } from '../core/errors.ts';
import { type OpenedFirestore, type OpenFirestore, useFirestore } from '../platform/firestore/firestore.ts';
import { readPage, startAfterTime, timeToken } from '../platform/firestore/paging.ts';
import { headerFrom, type NewNote, type Note, type NoteChange, type NoteHeader, noteFrom } from './note.ts';

interface NoteQuery {
  /** Whose notes: a directory id. */
  readonly owner: string;
  /** 1 to 100 */
  readonly pageSize: number;
  readonly pageToken?: string | undefined;
}

interface NotePage {
  readonly notes: readonly NoteHeader[];
  readonly nextPageToken?: string;
}

/** Who removes a note. @property uid directory id */
interface Remover {
  readonly uid: string;
  readonly issuer: string;
  readonly requestId: string;
}

/**
 * Notes in Firestore. Who may do what was decided before anybody calls this: see `http/notes-routes.ts`.
 * Every call fails as `unavailable` when Firestore does not answer in time.
 */
export interface NotesService {
  /**
   * The last changed first. A note that is changed while somebody pages moves to the front: no note comes twice, and
   * one that stays as it is comes once.
   *
   * @throws AppError `invalid_argument` for a page token that is none
   */
  list(query: NoteQuery): Promise<NotePage>;
  find(id: string): Promise<Note | undefined>;
  create(owner: string, fields: NewNote): Promise<Note>;
  /**
   * Changes a note from the version that the caller knows, so that nobody overwrites what they have not seen.
   *
   * @throws AppError `not_found`, `precondition_failed` when it has another version by now
   */
  change(id: string, version: string, fields: NoteChange): Promise<Note>;
  /** Removes a note; somebody else's goes into the audit trail. @throws AppError `not_found` */
  remove(id: string, by: Remover): Promise<void>;
}

interface Options {
  readonly open: OpenFirestore;
  readonly audit: Pick<AuditLog, 'append'>;
}

const NOTES = 'notes';

export function createNotesService({ open, audit }: Options): NotesService {
  return {
    list: (query) =>
      useFirestore('notes.list', open, async (firestore) => {
        const { docs, last } = await readPage(toQuery(firestore, query), query.pageSize);
        const notes = docs.map(headerFrom);
        return last === undefined ? { notes } : { notes, nextPageToken: timeToken(last, 'updated') };
      }),

    find: (id) =>
      useFirestore('notes.find', open, async ({ db }) => noteFrom(await db.doc(`${NOTES}/${id}`).get())),

    create: (owner, { title, body }) =>
      useFirestore('notes.create', open, async ({ db, FieldValue }) => {
        const now = FieldValue.serverTimestamp();
        const ref = db.collection(NOTES).doc();
        await ref.create({ owner, title, body, created: now, updated: now });
        return present(noteFrom(await ref.get()));
      }),

    change: (id, version, fields) =>
      useFirestore('notes.change', open, async ({ db, FieldValue }) => {
        const ref = db.doc(`${NOTES}/${id}`);
        await db.runTransaction(async (tx) => {
          const before = present(noteFrom(await tx.get(ref)));
          if (before.version !== version) {
            throw new AppError(
              'precondition_failed',
              'The note has changed since you read it. Read it again.',
            );
          }
          tx.update(ref, { ...fields, updated: FieldValue.serverTimestamp() });
        });
        return present(noteFrom(await ref.get()));
      }),

    remove: (id, { uid, issuer, requestId }) =>
      useFirestore('notes.remove', open, async (firestore) => {
        const { db } = firestore;
        const ref = db.doc(`${NOTES}/${id}`);
        await db.runTransaction(async (tx) => {
          const { owner, createdAt, updatedAt } = present(noteFrom(await tx.get(ref)));
          tx.delete(ref);
          if (owner === uid) return;
          // In the same transaction: neither is there without the other. Whatever the note said is not recorded.
          audit.append(firestore, tx, {
            ...{ actor: uid, issuer, action: 'notes.delete', target: owner, requestId },
            outcome: 'done',
            before: { id, createdAt, updatedAt },
          });
        });
      }),
  };
}

/** @throws AppError `not_found` */
function present(note: Note | undefined): Note {
  if (note === undefined) throw new AppError('not_found', 'There is no such note.');
  return note;
}

function toQuery({ db, FieldPath, Timestamp }: OpenedFirestore, { owner, pageToken }: NoteQuery): Query {
  // The owner is part of every query: a made-up page token leads nowhere else.
  const found = db
    .collection(NOTES)
    .where('owner', '==', owner)
    .orderBy('updated', 'desc')
    .orderBy(FieldPath.documentId(), 'desc')
    .select('owner', 'title', 'created', 'updated');
  return startAfterTime(found, pageToken, Timestamp);
}
