import type { Clock } from './clock.ts';
import { Collections } from './collections.ts';
import type { StoredDocument } from './document.ts';
import { compareNames } from './path.ts';
import { failedPrecondition, invalidArgument } from './status.ts';
import { MINUTE, type Micros, toMicros } from './time.ts';

/** What a commit did to one document: undefined is "does not exist". */
export interface Change {
  name: string;
  before: StoredDocument | undefined;
  after: StoredDocument | undefined;
}

export interface CommitRecord {
  at: Micros;
  changes: Change[];
}

/** How long a superseded version can still be read, in time and in commits. */
export interface Retention {
  age: Micros;
  commits: number;
}

interface Version {
  at: Micros;
  document: StoredDocument | undefined;
}

const DEFAULT_RETENTION: Retention = { age: 60 * MINUTE, commits: 20_000 };

/**
 * One database: each document as a list of versions, so that a read at an earlier moment sees exactly what was
 * there then, and a log of commits, so that transactions and listeners can ask what has changed since.
 */
export class Database {
  readonly name: string;
  readonly #clock: Clock;
  readonly #retention: Retention;
  readonly #versions = new Map<string, Version[]>();
  readonly #collections = new Collections();
  readonly #listeners = new Set<(commit: CommitRecord) => void>();
  #log: CommitRecord[] = [];
  /** The latest moment anything was read or committed at; every later commit is after it. */
  #latest: Micros = 0;
  /** Nothing before this moment can be read. */
  #horizon: Micros;

  constructor(name: string, clock: Clock, retention: Partial<Retention> = {}) {
    this.name = name;
    this.#clock = clock;
    this.#retention = { ...DEFAULT_RETENTION, ...retention };
    this.#horizon = this.now();
  }

  /** The moment of a read that wants the newest state: no commit will ever be at or before it again. */
  now(): Micros {
    this.#latest = Math.max(this.#latest, this.#clock());
    return this.#latest;
  }

  /** @throws FirestoreError if a read at this moment would see the future, or versions that are gone */
  checkReadable(at: Micros): void {
    if (at > this.now()) throw invalidArgument("The requested 'read_time' cannot be in the future.");
    if (at < this.#horizon) throw failedPrecondition("The requested 'read_time' is too old.");
  }

  /** Whether everything since this moment is still known. */
  remembers(at: Micros): boolean {
    return at >= this.#horizon && at <= this.#latest;
  }

  get(name: string, at?: Micros): StoredDocument | undefined {
    const versions = this.#versions.get(name);
    if (!versions) return undefined;
    if (at === undefined) return versions.at(-1)?.document;
    return versions.findLast((version) => version.at <= at)?.document;
  }

  /** The collections (paths below the database's documents) that hold a document, now or in a kept version. */
  get collections(): Collections {
    return this.#collections;
  }

  /** The documents directly in one collection, in no particular order. */
  *documentsIn(collection: string, at?: Micros): Iterable<StoredDocument> {
    for (const name of this.#collections.namesIn(collection)) {
      const document = this.get(name, at);
      if (document) yield document;
    }
  }

  /** Every document there is now, by name: what is saved and what is cleared. */
  all(): StoredDocument[] {
    const documents: StoredDocument[] = [];
    for (const name of this.#versions.keys()) {
      const document = this.get(name);
      if (document) documents.push(document);
    }
    return documents.sort((a, b) => compareNames(a.name, b.name));
  }

  /** The moment the next commit gets: later than anything that was read or committed before. */
  nextCommitTime(): Micros {
    return Math.max(this.#latest + 1, this.#clock());
  }

  /** Makes the changes visible, all at once, at a moment of `nextCommitTime`; then tells the listeners. */
  apply(at: Micros, changes: Change[]): void {
    if (at <= this.#latest) throw new Error('a commit must be later than everything before it');
    this.#latest = at;
    if (changes.length === 0) return;
    for (const { name, after } of changes) this.#append(name, { at, document: after });
    const commit = { at, changes };
    this.#log.push(commit);
    this.#forget();
    for (const listener of this.#listeners) listener(commit);
  }

  /** The commits after a moment, oldest first. Ask `remembers` first. */
  commitsSince(at: Micros): CommitRecord[] {
    let start = this.#log.length;
    while (start > 0 && (this.#log[start - 1]?.at ?? 0) > at) start--;
    return this.#log.slice(start);
  }

  /** Deletes everything, as one commit, and forgets what was. */
  clear(): void {
    const changes = this.all().map((document) => ({
      name: document.name,
      before: document,
      after: undefined,
    }));
    this.apply(this.nextCommitTime(), changes);
    this.#horizon = this.#latest;
    this.#log = [];
    this.#versions.clear();
    this.#collections.clear();
  }

  /** Puts a document of an earlier run back, times and all, without a commit. */
  restore(document: StoredDocument): void {
    // The clock may have been set back since.
    this.#latest = Math.max(this.#latest, toMicros(document.updateTime));
    this.#append(document.name, { at: 0, document });
  }

  /** @returns a function that ends the subscription */
  subscribe(listener: (commit: CommitRecord) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #append(name: string, version: Version): void {
    const versions = this.#versions.get(name);
    if (versions) versions.push(version);
    else this.#versions.set(name, [version]);
    this.#collections.add(name);
  }

  /** Drops commits that are too old or too many, in batches, and the versions that only they needed. */
  #forget(): void {
    const expired = this.#latest - this.#retention.age;
    const excess = this.#log.length - this.#retention.commits;
    if (excess <= this.#retention.commits / 10 && (this.#log[0]?.at ?? Number.POSITIVE_INFINITY) > expired)
      return;
    const kept = this.#log.findIndex((commit, index) => index >= excess && commit.at > expired);
    const dropped = this.#log.splice(0, kept === -1 ? this.#log.length : kept);
    this.#horizon = dropped.at(-1)?.at ?? this.#horizon;
    for (const { changes } of dropped) for (const { name } of changes) this.#prune(name);
  }

  /** Keeps the version that a read at the horizon sees, and all later ones. */
  #prune(name: string): void {
    const versions = this.#versions.get(name) ?? [];
    const oldest = Math.max(
      0,
      versions.findLastIndex((version) => version.at <= this.#horizon),
    );
    versions.splice(0, oldest);
    if (versions.length > 1 || versions[0]?.document) return;
    this.#versions.delete(name);
    this.#collections.remove(name);
  }
}
