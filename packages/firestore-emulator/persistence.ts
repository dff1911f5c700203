import { mkdirSync, readFileSync } from 'node:fs';
import { open, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { readDocuments, writeDocuments } from './documents-file.ts';
import type { Store } from './store.ts';

/** Commits within this time are saved together. */
const SAVE_DELAY_MS = 200;

/** Saves a store in `<dir>/firestore.jsonl` ({@link writeDocuments}). */
export class Persistence {
  readonly #store: Store;
  readonly #dir: string;
  readonly #path: string;
  #timer: NodeJS.Timeout | undefined;
  #isDirty = false;
  #saving: Promise<void> = Promise.resolve();

  /** Loads the file if it exists, then saves after changes. @throws if the file is damaged */
  constructor(store: Store, dir: string) {
    this.#store = store;
    this.#dir = dir;
    this.#path = join(dir, 'firestore.jsonl');
    mkdirSync(dir, { recursive: true });
    this.#load();
    store.onChange = () => this.#saveSoon();
  }

  /** Saves pending changes. @throws if that fails */
  async stop(): Promise<void> {
    this.#store.onChange = () => {};
    clearTimeout(this.#timer);
    await this.#saving;
    if (this.#isDirty) await this.#save();
  }

  #load(): void {
    const text = readIfExists(this.#path);
    if (text === undefined) return;
    try {
      readDocuments(this.#store, text);
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new Error(`The saved data in ${this.#path} is damaged: ${reason}. Repair or move the file.`, {
        cause,
      });
    }
  }

  #saveSoon(): void {
    this.#isDirty = true;
    this.#timer ??= setTimeout(() => this.#saveNow(), SAVE_DELAY_MS).unref();
  }

  #saveNow(): void {
    this.#timer = undefined;
    this.#saving = this.#saving
      .then(() => this.#save())
      .catch((error) => console.error(`The Firestore data could not be saved in ${this.#path}:`, error));
  }

  async #save(): Promise<void> {
    const text = writeDocuments(this.#store);
    this.#isDirty = false;
    try {
      await this.#replace(text);
    } catch (error) {
      this.#isDirty = true;
      throw error;
    }
  }

  /** Replaces the file atomically: after a crash either the old or the new file is complete. */
  async #replace(text: string): Promise<void> {
    const temporary = `${this.#path}.tmp`;
    const file = await open(temporary, 'w');
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, this.#path);
    const dir = await open(this.#dir, 'r');
    await dir.sync().finally(() => dir.close());
  }
}

function readIfExists(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}
