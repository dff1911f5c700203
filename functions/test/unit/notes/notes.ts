import { createNotesService } from '../../../src/notes/notes-service.ts';
import type { Api, Person } from '../../helpers/api.ts';
import type { TestFirestore } from '../../helpers/firestore.ts';
import type { TestInstance } from '../../helpers/open-instance.ts';

export const MISSING = 'noSuchNote0000000000';

/** Changes the title of a note, knowing the version. */
export const rename = (api: Api, who: Person, { id, etag }: { id: string; etag: string }, title: string) =>
  api.as(who).patch(`/v1/notes/${id}`).set('If-Match', etag).send({ title });

/** The same wiring with the notes in another Firestore, where a test can hold, count or break the calls. */
export const notesIn =
  ({ open }: TestFirestore) =>
  (deps: TestInstance): TestInstance => ({
    ...deps,
    notes: createNotesService({ firestore: open }, deps),
  });

/** Resolves for all callers when `count` of them wait; later callers do not wait. */
export function barrier(count: number): () => Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  let waiting = 0;
  return () => {
    waiting++;
    if (waiting === count) resolve();
    return promise;
  };
}
