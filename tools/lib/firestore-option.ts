import { requireOfficialProgram } from './official-program.ts';

/** The Firestore to develop against: the embedded one, in this process, or Google's emulator, in Java. */
export type FirestoreKind = 'embedded' | 'official';

/**
 * Reads `--firestore` and checks that the emulator can run here, before anything is started.
 *
 * @throws Error that says what is missing
 */
export function chooseFirestore(name = 'embedded'): FirestoreKind {
  if (name === 'embedded') return name;
  if (name !== 'official') throw new Error(`--firestore is "embedded" or "official", not "${name}"`);
  requireOfficialProgram();
  return name;
}
