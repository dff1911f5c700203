import type { DataFolder } from './data-folder.ts';

/** A running Firestore emulator, embedded or Google's. */
export interface Documents {
  /** Settles when it stops unexpectedly. The embedded one never does. */
  exited: Promise<unknown>;
  /** Writes the documents to the data folder. The embedded one does that by itself, at the latest in `stop`. */
  save(): Promise<void>;
  /** Stops it. @throws Error if the embedded one could not save its documents */
  stop(): Promise<void>;
}

export interface DocumentsOptions {
  port: number;
  /** The metadata file of an export: its documents are there at the start. */
  seed?: string | undefined;
  /** Ports of the functions emulator, for triggers, and of the Emulator UI's view. Only Google's emulator has them. */
  functionsPort?: number;
  websocketPort?: number;
  projectId: string;
  /** The folder that documents are loaded from and saved to. */
  data?: DataFolder;
  /** For the output of Google's emulator. */
  logFile: string;
}
