import type { Clock } from './clock.ts';
import { Collections } from './collections.ts';
import type { StoredDocument } from './document.ts';
import { compareNames } from './path.ts';
import { failedPrecondition, invalidArgument } from './status.ts';
import { MINUTE, type Micros, toMicros } from './time.ts';

/** The effect of a commit on one document. `undefined`: the document does not exist. */
export interface Change {
  name: string;
  before: StoredDocument | undefined;
  after: StoredDocument | undefined;
}

export interface CommitRecord {
  at: Micros;
  changes: Change[];
}

/** For how long, and for how many commits, an overwritten version stays readable. */
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
 * One database. Each document is a list of versions, so that reads at an earlier time return the earlier state. A log
 * of commits lets transactions and listeners find the changes since a time.
 */
export class Database {
  readonly name: string;
  readonly #clock: Clock;
  readonly #retention: Retention;
  readonly #versions = new Map<string, Version[]>();
  readonly #collections = new Collections();
  readonly #listeners = new Set<(commit: CommitRecord) => void>();
  #log: CommitRecord[] = [];
  /** The latest read time or commit time. Every later commit gets a later time. */
  #latest: Micros = 0;
  /** Reads before this time are rejected. */
  #oldestReadable: Micros;

  constructor(name: string, clock: Clock, retention: Partial<Retention> = {}) {
    this.name = name;
    this.#clock = clock;
    this.#retention = { ...DEFAULT_RETENTION, ...retention };
    this.#oldestReadable = this.now();
  }

  /** The time for a read of the newest state. Every later commit gets a later time. */
  now(): Micros {
    this.#latest = Math.max(this.#latest, this.#clock());
    return this.#latest;
  }

  /** @throws FirestoreError if the time is in the future, or its versions were dropped */
  checkReadable(at: Micros): void {
    if (at > this.now()) throw invalidArgument("The requested 'read_time' cannot be in the future.");
    if (at < this.#oldestReadable) throw failedPrecondition("The requested 'read_time' is too old.");
  }

  /** Whether all changes since this time are still known. */
  hasHistorySince(at: Micros): boolean {
    return at >= this.#oldestReadable && at <= this.#latest;
  }

  get(name: string, at?: Micros): StoredDocument | undefined {
    const versions = this.#versions.get(name);
    if (!versions) return undefined;
    if (at === undefined) return versions.at(-1)?.document;
    return versions.findLast((version) => version.at <= at)?.document;
  }

  /** The collections that contain a document, now or in a version that is kept. */
  get collections(): Collections {
    return this.#collections;
  }

  /** The documents directly in one collection, unordered. */
  *documentsIn(collection: string, at?: Micros): Iterable<StoredDocument> {
    for (const name of this.#collections.namesIn(collection)) {
      const document = this.get(name, at);
      if (document) yield document;
    }
  }

  /** All current documents, ordered by name. */
  all(): StoredDocument[] {
    const documents: StoredDocument[] = [];
    for (const name of this.#versions.keys()) {
      const document = this.get(name);
      if (document) documents.push(document);
    }
    return documents.sort((a, b) => compareNames(a.name, b.name));
  }

  /** The time for the next commit, later than every earlier read and commit. */
  nextCommitTime(): Micros {
    return Math.max(this.#latest + 1, this.#clock());
  }

  /** Applies all changes at a time from `nextCommitTime`, then notifies the listeners. */
  apply(at: Micros, changes: Change[]): void {
    if (at <= this.#latest) throw new Error('a commit must be later than everything before it');
    this.#latest = at;
    if (changes.length === 0) return;
    for (const { name, after } of changes) this.#append(name, { at, document: after });
    const commit = { at, changes };
    this.#log.push(commit);
    this.#dropOldCommits();
    for (const listener of this.#listeners) listener(commit);
  }

  /** The commits after a time, oldest first. Complete only if `hasHistorySince` is true for that time. */
  commitsSince(at: Micros): CommitRecord[] {
    let start = this.#log.length;
    while (start > 0 && (this.#log[start - 1]?.at ?? 0) > at) start--;
    return this.#log.slice(start);
  }

  /** Deletes all documents in one commit, then drops the history. */
  clear(): void {
    const changes = this.all().map((document) => ({
      name: document.name,
      before: document,
      after: undefined,
    }));
    this.apply(this.nextCommitTime(), changes);
    this.#oldestReadable = this.#latest;
    this.#log = [];
    this.#versions.clear();
    this.#collections.clear();
  }

  /** Loads a saved document with its create and update times, without a commit. */
  restore(document: StoredDocument): void {
    // The clock may have been set back since the document was saved.
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

  /** Drops commits beyond the retention, in batches, and the versions that only they refer to. */
  #dropOldCommits(): void {
    const expired = this.#latest - this.#retention.age;
    const excess = this.#log.length - this.#retention.commits;
    if (excess <= this.#retention.commits / 10 && (this.#log[0]?.at ?? Number.POSITIVE_INFINITY) > expired)
      return;
    const kept = this.#log.findIndex((commit, index) => index >= excess && commit.at > expired);
    const dropped = this.#log.splice(0, kept === -1 ? this.#log.length : kept);
    this.#oldestReadable = dropped.at(-1)?.at ?? this.#oldestReadable;
    for (const { changes } of dropped) for (const { name } of changes) this.#dropOldVersions(name);
  }

  /** Keeps the version that a read at the oldest readable time returns, and all later ones. */
  #dropOldVersions(name: string): void {
    const versions = this.#versions.get(name) ?? [];
    const oldest = Math.max(
      0,
      versions.findLastIndex((version) => version.at <= this.#oldestReadable),
    );
    versions.splice(0, oldest);
    if (versions.length > 1 || versions[0]?.document) return;
    this.#versions.delete(name);
    this.#collections.remove(name);
  }
}
