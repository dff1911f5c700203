import type { Query } from '@google-cloud/firestore';
import { type AuditLog, identifyActor } from '../audit/index.ts';
import type { PrincipalActor } from '../authz/principal.ts';
import { AppError } from '../core/errors.ts';
import { type OpenedFirestore, useFirestore } from '../platform/firestore/firestore.ts';
import { readPage, startAfterTime, timeToken } from '../platform/firestore/paging.ts';
import type { Platform } from '../platform/platform.ts';
import {
  formatTime,
  headerFrom,
  type NewNote,
  type Note,
  type NoteChange,
  type NoteHeader,
  noteFrom,
  type StoredNote,
} from './note.ts';

interface NoteQuery {
  /** The uid of the owner. */
  readonly owner: string;
  /** 1 to 100 */
  readonly pageSize: number;
  readonly pageToken?: string | undefined;
}

interface NotePage {
  readonly notes: readonly NoteHeader[];
  readonly nextPageToken?: string;
}

/**
 * Notes in Firestore. The access rules are in `operations.ts`. Every call is one request to Firestore, and fails as
 * `unavailable` when Firestore does not answer in time.
 */
export interface NotesService {
  /**
   * The last changed first. A note that changes while a client pages moves to the front: no note comes twice, and every note
   * that stays the same comes once.
   *
   * @throws AppError `invalid_argument` for a page token that no page had
   */
  list(query: NoteQuery): Promise<NotePage>;
  find(id: string): Promise<StoredNote | undefined>;
  create(owner: string, fields: NewNote): Promise<Note>;
  /**
   * Changes a note, if it still is the one that was loaded and that the caller knows.
   *
   * @param version that the caller read
   * @throws AppError `version_mismatch` when the note has another version now, `not_found`
   */
  change(note: StoredNote, version: number, fields: NoteChange): Promise<Note>;
  /** Deletes a note. A note of another user goes into the audit log. @throws AppError `not_found` */
  remove(note: Note, actor: PrincipalActor): Promise<void>;
}

const NOTES = 'notes';

export function createNotesService(
  { firestore: open }: Pick<Platform, 'firestore'>,
  { audit }: { audit: AuditLog },
): NotesService {
  return {
    list: (query) =>
      useFirestore('notes.list', open, async (firestore) => {
        const { docs, last } = await readPage(toQuery(firestore, query), query.pageSize);
        const notes = docs.map((document) => headerFrom(document, document));
        return last === undefined ? { notes } : { notes, nextPageToken: timeToken(last, 'updated') };
      }),

    find: (id) =>
      useFirestore('notes.find', open, async ({ db }) => noteFrom(await db.doc(`${NOTES}/${id}`).get())),

    create: (owner, { title, body }) =>
      useFirestore('notes.create', open, async ({ db, FieldValue }) => {
        const now = FieldValue.serverTimestamp();
        const ref = db.collection(NOTES).doc();
        const fields = { owner, title, body, version: 1 };
        const { writeTime } = await ref.create({ ...fields, created: now, updated: now });
        const time = formatTime(writeTime);
        return { id: ref.id, ...fields, createdAt: time, updatedAt: time };
      }),

    async change({ writeTime, ...note }, version, { title = note.title, body = note.body }) {
      if (version !== note.version) throw changedSince();
      return useFirestore('notes.change', open, async ({ db, FieldValue }) => {
        const fields = { title, body, version: version + 1 };
        const written = await db
          .doc(`${NOTES}/${note.id}`)
          .update({ ...fields, updated: FieldValue.serverTimestamp() }, { lastUpdateTime: writeTime })
          .catch(throwRefusal);
        return { ...note, ...fields, updatedAt: formatTime(written.writeTime) };
      });
    },

    remove: (note, actor) =>
      useFirestore('notes.remove', open, async (firestore) => {
        const { db } = firestore;
        const { id, owner, createdAt, updatedAt } = note;
        const batch = db.batch().delete(db.doc(`${NOTES}/${id}`), { exists: true });
        if (owner !== actor.principal.directoryId) {
          // In the same batch: neither is written without the other. The text of the note is not recorded.
          audit.append(firestore, batch, {
            ...identifyActor(actor),
            action: 'notes.delete',
            target: owner,
            outcome: 'done',
            before: { id, createdAt, updatedAt },
          });
        }
        await batch.commit().catch(throwRefusal);
      }),
  };
}

/** gRPC codes (https://grpc.io/docs/guides/status-codes/) for a write with a precondition that was not met. */
const NOT_FOUND = 5;
const FAILED_PRECONDITION = 9;

function throwRefusal(error: Error & { readonly code?: unknown }): never {
  if (error.code === NOT_FOUND) throw new AppError('not_found', 'There is no such note.', { cause: error });
  if (error.code === FAILED_PRECONDITION) throw changedSince(error);
  throw error;
}

function changedSince(cause?: unknown): AppError {
  const detail = 'The note has changed since you read it. Read it again.';
  return new AppError('version_mismatch', detail, { cause });
}

function toQuery({ db, FieldPath, Timestamp }: OpenedFirestore, { owner, pageToken }: NoteQuery): Query {
  // The owner is part of every query, so a forged page token cannot reach the notes of another user.
  const query = db
    .collection(NOTES)
    .where('owner', '==', owner)
    .orderBy('updated', 'desc')
    .orderBy(FieldPath.documentId(), 'desc')
    .select('owner', 'title', 'updated', 'version');
  return startAfterTime(query, pageToken, Timestamp);
}
