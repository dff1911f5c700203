import { requireOfficialProgram } from './official-program.ts';

/** Which Firestore to develop against: our own in this process (packages/firestore-emulator), or Google's emulator, in Java. */
export type FirestoreKind = 'embedded' | 'official';

/**
 * Reads `--firestore` and makes sure that what it asks for can run here, before anything is started.
 * Throws an error for people to read otherwise.
 */
export function chooseFirestore(name = 'embedded'): FirestoreKind {
  if (name === 'embedded') return name;
  if (name !== 'official') throw new Error(`--firestore is "embedded" or "official", not "${name}"`);
  requireOfficialProgram();
  return name;
}
