import { mkdirSync, readFileSync } from 'node:fs';
import { open, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { readDocument, writeDocument } from './json-lines.ts';
import type { Store } from './store.ts';

const FORMAT = 'embedded-firestore';
const VERSION = 1;
/** Many commits in a row are one write of the file. */
const PAUSE_MS = 200;

/** Keeps a store in `<dir>/firestore.jsonl`: a line that says how many documents follow, then one a line. */
export class Persistence {
  readonly #store: Store;
  readonly #dir: string;
  readonly #path: string;
  #timer: NodeJS.Timeout | undefined;
  #isDirty = false;
  #saving: Promise<void> = Promise.resolve();

  /** Loads what is there, then saves after changes. @throws if the file is damaged: it is never taken for empty */
  constructor(store: Store, dir: string) {
    this.#store = store;
    this.#dir = dir;
    this.#path = join(dir, 'firestore.jsonl');
    mkdirSync(dir, { recursive: true });
    this.#load();
    store.onChange = () => this.#saveSoon();
  }

  /** Saves what is not saved yet. @throws if that fails */
  async stop(): Promise<void> {
    this.#store.onChange = () => {};
    clearTimeout(this.#timer);
    await this.#saving;
    if (this.#isDirty) await this.#save();
  }

  #load(): void {
    const text = readIfThere(this.#path);
    if (text === undefined) return;
    try {
      const [header = '', ...lines] = text.split('\n');
      const { format, version, documents } = JSON.parse(header) as Record<string, unknown>;
      if (format !== FORMAT || version !== VERSION)
        throw new Error(`it is not in format ${FORMAT} ${VERSION}`);
      if (lines.pop() !== '' || lines.length !== documents) {
        throw new Error(`it should hold ${documents} documents, but holds ${lines.length} lines`);
      }
      for (const document of lines.map(readDocument))
        this.#store.open(document.name).database.restore(document);
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new Error(`The saved data in ${this.#path} is damaged: ${reason}. Repair or move the file.`, {
        cause,
      });
    }
  }

  #saveSoon(): void {
    this.#isDirty = true;
    this.#timer ??= setTimeout(() => this.#saveNow(), PAUSE_MS).unref();
  }

  #saveNow(): void {
    this.#timer = undefined;
    this.#saving = this.#saving
      .then(() => this.#save())
      .catch((error) => console.error(`The Firestore data could not be saved in ${this.#path}:`, error));
  }

  async #save(): Promise<void> {
    const documents = this.#store.databases().flatMap((database) => database.all());
    const header = JSON.stringify({ format: FORMAT, version: VERSION, documents: documents.length });
    const text = [header, ...documents.map(writeDocument), ''].join('\n');
    this.#isDirty = false;
    try {
      await this.#replace(text);
    } catch (error) {
      this.#isDirty = true;
      throw error;
    }
  }

  /** A crash at any moment leaves the old file or the new one, whole. */
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

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}
