import type { CommitRecord, Database } from '../database.ts';
import type { StoredDocument } from '../document.ts';
import { parseDocumentName } from '../path.ts';
import { runScan, type Scan } from '../scan.ts';
import type { Micros } from '../time.ts';

/** A change of a target's results: documents added or changed, and the names of those removed. */
export interface Difference {
  changed: StoredDocument[];
  removed: string[];
}

/** The results of a target that the client has, updated with each commit. */
export abstract class View {
  protected readonly database: Database;
  protected results = new Map<string, StoredDocument>();

  constructor(database: Database) {
    this.database = database;
  }

  protected abstract evaluate(at?: Micros): StoredDocument[];

  /** Updates the results with a commit and returns the difference. */
  abstract applyCommit(commit: CommitRecord): Difference;

  /** All results, or the difference to the results at `since`, which the client already has. */
  initialDifference(since?: Micros): Difference {
    if (since !== undefined) this.results = byName(this.evaluate(since));
    return this.replaceResults(this.evaluate());
  }

  protected replaceResults(documents: StoredDocument[]): Difference {
    const next = byName(documents);
    const changed = documents.filter((document) => !isSameVersion(this.results.get(document.name), document));
    const removed = [...this.results.keys()].filter((name) => !next.has(name));
    this.results = next;
    return { changed, removed };
  }
}

/** A target of single documents. A missing document is reported as removed, otherwise the client would wait for it. */
export class DocumentsView extends View {
  readonly #names: string[];

  constructor(database: Database, names: string[]) {
    super(database);
    names.forEach(parseDocumentName);
    this.#names = names;
  }

  override initialDifference(since?: Micros): Difference {
    const { changed, removed } = super.initialDifference(since);
    const missing = this.#names.filter((name) => !this.results.has(name));
    return { changed, removed: [...new Set([...removed, ...missing])] };
  }

  applyCommit({ changes }: CommitRecord): Difference {
    const isAffected = changes.some(({ name }) => this.#names.includes(name));
    return isAffected ? this.replaceResults(this.evaluate()) : { changed: [], removed: [] };
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

  applyCommit(commit: CommitRecord): Difference {
    const { query } = this.#scan;
    const hasWindow = query.limit !== undefined || query.offset > 0;
    const affecting = commit.changes.filter(
      ({ before, after }) => (before && query.matches(before)) || (after && query.matches(after)),
    );
    if (affecting.length === 0) return { changed: [], removed: [] };
    // With a limit or offset, a document that leaves the window admits one that this commit did not change.
    if (hasWindow) return this.replaceResults(this.evaluate());
    const difference: Difference = { changed: [], removed: [] };
    for (const { name, after } of affecting) {
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
