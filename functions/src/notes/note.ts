import type { DocumentSnapshot, Timestamp } from '@google-cloud/firestore';
import type * as z from 'zod';
import type { newNote, note, noteHeader, noteUpdate } from './schema.ts';

export type Note = Readonly<z.output<typeof note>>;

/** A note as read, with the time of its last write to the nanosecond: a change requires that it is still the last one. */
export type StoredNote = Note & { readonly writeTime: Timestamp };

export type NoteHeader = Readonly<z.output<typeof noteHeader>>;
export type NewNote = Readonly<z.output<typeof newNote>>;
export type NoteChange = Pick<z.output<typeof noteUpdate>, 'title' | 'body'>;

/** What Firestore knows of a document besides its fields; also after a client wrote it directly. */
interface DocumentTimes {
  readonly createTime: Timestamp;
  readonly updateTime: Timestamp;
}

/** The note of a document of `notes`; undefined when the document does not exist. */
export function noteFrom(snapshot: DocumentSnapshot): StoredNote | undefined {
  const { createTime, updateTime } = snapshot;
  if (createTime === undefined || updateTime === undefined) return undefined;
  const header = headerFrom(snapshot, { createTime, updateTime });
  return { ...header, body: snapshot.get('body'), writeTime: updateTime };
}

/** The note without its text. */
export function headerFrom(
  snapshot: DocumentSnapshot,
  { createTime, updateTime }: DocumentTimes,
): NoteHeader {
  const { id } = snapshot;
  const owner = snapshot.get('owner');
  return {
    id,
    owner,
    title: snapshot.get('title'),
    createdAt: formatTime(createTime),
    updatedAt: formatTime(updateTime),
    // Notes from before there were versions have none; `firestore.rules` counts from 0, too.
    version: snapshot.get('version') ?? 0,
  };
}

export function formatTime(time: Timestamp): string {
  return time.toDate().toISOString();
}
