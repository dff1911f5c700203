import { modules } from '../../src/modules.ts';
import type { TestFirestore } from './firestore.ts';

/** The notes are an example that a clone may remove: docs/guides/remove-notes.md. */
const hasNotes = modules.modules.some(({ name }) => name === 'notes');

/** For tests that use notes as their example. Skipped, and counted as skipped, where the notes are removed. */
export const describeWithNotes = hasNotes ? describe : describe.skip;
export const itWithNotes = hasNotes ? it : it.skip;

/** The cases that need no notes, or all of them. */
export const withoutNotes = <Case>(cases: readonly Case[], needsNotes: (one: Case) => boolean) =>
  hasNotes ? cases : cases.filter((one) => !needsNotes(one));

/** Writes a note into Firestore, past the API. @returns its id */
export async function seed(
  { db, FieldValue }: TestFirestore,
  owner: string,
  title = 'Milk',
): Promise<string> {
  const now = FieldValue.serverTimestamp();
  const ref = await db
    .collection('notes')
    .add({ owner, title, body: 'Two bottles.', version: 1, created: now, updated: now });
  return ref.id;
}
