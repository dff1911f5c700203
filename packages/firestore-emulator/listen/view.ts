import type { CommitRecord, Database } from '../database.ts';
import type { StoredDocument } from '../document.ts';
import { parseDocumentName } from '../path.ts';
import { runScan, type Scan } from '../scan.ts';
import type { Micros } from '../time.ts';

/** What became of a listener's results: documents that came in or changed, names that went out. */
export interface Difference {
  changed: StoredDocument[];
  removed: string[];
}

/** The results that a listener has been told of, kept up to date commit by commit. */
export abstract class View {
  protected readonly database: Database;
  protected results = new Map<string, StoredDocument>();

  constructor(database: Database) {
    this.database = database;
  }

  protected abstract evaluate(at?: Micros): StoredDocument[];

  /** What a commit changes for this listener. */
  abstract advance(commit: CommitRecord): Difference;

  /** All there is, or what has changed since a moment the client has already seen. */
  begin(since?: Micros): Difference {
    if (since !== undefined) this.results = byName(this.evaluate(since));
    return this.moveTo(this.evaluate());
  }

  protected moveTo(documents: StoredDocument[]): Difference {
    const next = byName(documents);
    const changed = documents.filter((document) => !isSameVersion(this.results.get(document.name), document));
    const removed = [...this.results.keys()].filter((name) => !next.has(name));
    this.results = next;
    return { changed, removed };
  }
}

/** Single documents; one that does not exist is said to be removed, or the client would wait for it. */
export class DocumentsView extends View {
  readonly #names: string[];

  constructor(database: Database, names: string[]) {
    super(database);
    names.forEach(parseDocumentName);
    this.#names = names;
  }

  override begin(since?: Micros): Difference {
    const { changed, removed } = super.begin(since);
    const missing = this.#names.filter((name) => !this.results.has(name));
    return { changed, removed: [...new Set([...removed, ...missing])] };
  }

  advance({ changes }: CommitRecord): Difference {
    const isTouched = changes.some(({ name }) => this.#names.includes(name));
    return isTouched ? this.moveTo(this.evaluate()) : { changed: [], removed: [] };
  }

  protected evaluate(at?: Micros): StoredDocument[] {
    return this.#names
      .map((name) => this.database.get(name, at))
      .filter((document): document is StoredDocument => document !== undefined);
  }
}

export class QueryView extends View {
  readonly #scan: Scan;

  constructor(database: Database, scan: Scan) {
    super(database);
    this.#scan = scan;
  }

  advance(commit: CommitRecord): Difference {
    const { query } = this.#scan;
    const isWindow = query.limit !== undefined || query.offset > 0;
    const touching = commit.changes.filter(
      ({ before, after }) => (before && query.matches(before)) || (after && query.matches(after)),
    );
    if (touching.length === 0) return { changed: [], removed: [] };
    // What leaves a window lets another document in that this commit did not touch.
    if (isWindow) return this.moveTo(this.evaluate());
    const difference: Difference = { changed: [], removed: [] };
    for (const { name, after } of touching) {
      if (after && query.matches(after)) {
        const document = query.project(after);
        this.results.set(name, document);
        difference.changed.push(document);
      } else if (this.results.delete(name)) {
        difference.removed.push(name);
      }
    }
    return difference;
  }

  protected evaluate(at?: Micros): StoredDocument[] {
    return runScan(this.database, this.#scan, at);
  }
}

const byName = (documents: StoredDocument[]) =>
  new Map(documents.map((document) => [document.name, document]));

function isSameVersion(a: StoredDocument | undefined, b: StoredDocument): boolean {
  return a?.updateTime.seconds === b.updateTime.seconds && a.updateTime.nanos === b.updateTime.nanos;
}
