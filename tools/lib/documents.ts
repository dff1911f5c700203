import type { DataFolder } from './data-folder.ts';
import { startEmbedded } from './embedded-firestore.ts';
import type { FirestoreKind } from './firestore-option.ts';
import { startOfficial } from './official-firestore.ts';

/** A running Firestore, whichever it is. */
export interface Documents {
  /** Settles when it has ended by itself, which the embedded one does not. */
  exited: Promise<unknown>;
  /** Puts its documents into the data folder. The embedded one has nothing left to do: it keeps them there, as it ends. */
  save(): Promise<void>;
  /** Ends it. @throws if documents of the embedded one are not saved then */
  stop(): Promise<void>;
}

export interface DocumentsOptions {
  port: number;
  projectId: string;
  /** Where documents come from, and where `save` puts them. */
  data?: DataFolder;
  /** For what Google's emulator prints. */
  logFile: string;
}

/** Starts a Firestore on loopback; it does not outlive this process, however that ends. */
export function startDocuments(kind: FirestoreKind, options: DocumentsOptions): Promise<Documents> {
  return kind === 'embedded' ? startEmbedded(options) : startOfficial(options);
}
