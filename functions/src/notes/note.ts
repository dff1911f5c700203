import type { DocumentSnapshot, Timestamp } from '@google-cloud/firestore';
import type * as z from 'zod';
import type { newNote, note, noteHeader, noteUpdate } from './schema.ts';

export type Note = Readonly<z.output<typeof note>>;
export type NoteHeader = Readonly<z.output<typeof noteHeader>>;
export type NewNote = Readonly<z.output<typeof newNote>>;
export type NoteChange = Pick<z.output<typeof noteUpdate>, 'title' | 'body'>;

/** A document of `notes` → the note; undefined: there is none. */
export function noteFrom(snapshot: DocumentSnapshot): Note | undefined {
  return snapshot.exists ? { ...headerFrom(snapshot), body: snapshot.get('body') } : undefined;
}

/** All but the text. */
export function headerFrom(snapshot: DocumentSnapshot): NoteHeader {
  return {
    id: snapshot.id,
    owner: snapshot.get('owner'),
    title: snapshot.get('title'),
    createdAt: toRfc3339(snapshot.get('created')),
    updatedAt: toRfc3339(snapshot.get('updated')),
    version: versionOf(snapshot),
  };
}

/** Firestore's own time of the last write, to the nanosecond: it also changes when a client writes there directly. */
export function versionOf({ updateTime }: DocumentSnapshot): string {
  return updateTime === undefined
    ? ''
    : `${updateTime.seconds}.${String(updateTime.nanoseconds).padStart(9, '0')}`;
}

function toRfc3339(time: Timestamp): string {
  return time.toDate().toISOString();
}
