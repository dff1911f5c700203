import { requireOfficialFirestore } from './official-firestore.ts';

/** Which Firestore to develop against: our own in this process (tools/firestore), or Google's emulator, in Java. */
export type FirestoreKind = 'embedded' | 'official';

/**
 * Reads `--firestore` and makes sure that what it asks for can run here, before anything is started.
 * Throws an error for people to read otherwise.
 */
export async function chooseFirestore(name = 'embedded'): Promise<FirestoreKind> {
  if (name === 'embedded') return name;
  if (name !== 'official') throw new Error(`--firestore is "embedded" or "official", not "${name}"`);
  await requireOfficialFirestore();
  return name;
}
