import type { DocumentSnapshot, Timestamp } from '@google-cloud/firestore';
import type * as z from 'zod';
import type { newNote, note, noteHeader, noteUpdate } from './schema.ts';

export type Note = Readonly<z.output<typeof note>>;
export type NoteHeader = Readonly<z.output<typeof noteHeader>>;
export type NewNote = Readonly<z.output<typeof newNote>>;
export type NoteChange = Pick<z.output<typeof noteUpdate>, 'title' | 'body'>;

/** What Firestore knows of a document besides its fields; also after a client wrote it directly. */
interface DocumentTimes {
  readonly createTime: Timestamp;
  readonly updateTime: Timestamp;
}

/** The note of a document of `notes`; undefined when the document does not exist. */
export function noteFrom(snapshot: DocumentSnapshot): Note | undefined {
  const { createTime, updateTime } = snapshot;
  if (createTime === undefined || updateTime === undefined) return undefined;
  return { ...headerFrom(snapshot, { createTime, updateTime }), body: snapshot.get('body') };
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
    ...writtenAt(updateTime),
  };
}

/** The fields of a note that follow from the time of its last write. The version has nanoseconds. */
export function writtenAt(time: Timestamp): Pick<Note, 'updatedAt' | 'version'> {
  const nanoseconds = String(time.nanoseconds).padStart(9, '0');
  return { updatedAt: formatTime(time), version: `${time.seconds}.${nanoseconds}` };
}

/** The time of the last write, from a version that {@link writtenAt} made. */
export function timeOf({ version }: Pick<Note, 'version'>): { seconds: number; nanoseconds: number } {
  const [seconds, nanoseconds] = version.split('.');
  return { seconds: Number(seconds), nanoseconds: Number(nanoseconds) };
}

export function formatTime(time: Timestamp): string {
  return time.toDate().toISOString();
}
