import { startEmbedded } from './embedded-firestore.ts';
import type { Documents, DocumentsOptions } from './firestore-emulator.ts';
import type { FirestoreKind } from './firestore-option.ts';
import { startOfficial } from './official-firestore.ts';

/** Starts a Firestore emulator on loopback. It always ends with this process. */
export function startDocuments(kind: FirestoreKind, options: DocumentsOptions): Promise<Documents> {
  return kind === 'embedded' ? startEmbedded(options) : startOfficial(options);
}
