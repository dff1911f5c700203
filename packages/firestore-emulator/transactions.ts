import { randomBytes } from 'node:crypto';
import type { Clock } from './clock.ts';
import { type Committed, commitWrites } from './commit.ts';
import { hasConflict, type ReadSet } from './conflict.ts';
import type { Database } from './database.ts';
import type { TransactionOptions, Write } from './messages.ts';
import type { Scan } from './scan.ts';
import { aborted, invalidArgument } from './status.ts';
import { MINUTE, type Micros, toMicros } from './time.ts';
import { Turns } from './turns.ts';

/** https://firebase.google.com/docs/firestore/quotas: 270 seconds in all, 60 seconds without a call. */
const MAX_AGE: Micros = 270_000_000;
const MAX_IDLE: Micros = MINUTE;

/** A transaction in progress: the moment it sees, and everything it has read. */
export interface Transaction extends ReadSet {
  readonly id: Buffer;
  readonly isReadOnly: boolean;
  readonly startedAt: Micros;
  usedAt: Micros;
  /** The moment of its first read; every other read sees the same moment. */
  snapshot: Micros | undefined;
  readonly documents: Set<string>;
  readonly scans: Scan[];
  readonly collections: Set<string>;
  /** The id of the refused transaction that this one tries again. */
  readonly retries: string | undefined;
}

/**
 * The transactions of one database. Optimistic: nobody ever waits for a lock; a commit is refused with ABORTED
 * if anything that the transaction has read, queries included, was changed by a commit after its snapshot.
 */
export class Transactions {
  readonly #database: Database;
  readonly #clock: Clock;
  readonly #active = new Map<string, Transaction>();
  /** Tells the ids of this server from those of an earlier run. */
  readonly #prefix = randomBytes(8);
  readonly #turns = new Turns();
  #issued = 0n;

  constructor(database: Database, clock: Clock) {
    this.#database = database;
    this.#clock = clock;
  }

  /** Waits for the turn of a transaction that is tried again; call it before `begin`. */
  async waitForTurn(options: TransactionOptions | undefined): Promise<void> {
    const retried = options?.readWrite?.retryTransaction;
    if (retried?.length) await this.#turns.wait(retried.toString('hex'));
  }

  /** @throws FirestoreError if a read-only transaction wants a moment that can't be read */
  begin({ readOnly, readWrite }: TransactionOptions = {}): Transaction {
    this.#dropExpired();
    if (readWrite?.retryTransaction?.length) this.#checkIssued(readWrite.retryTransaction);
    const snapshot = readOnly?.readTime && toMicros(readOnly.readTime);
    if (snapshot !== undefined) this.#database.checkReadable(snapshot);
    const now = this.#clock();
    const counter = Buffer.alloc(8);
    counter.writeBigUInt64BE(++this.#issued);
    const transaction: Transaction = {
      id: Buffer.concat([this.#prefix, counter]),
      isReadOnly: readOnly !== undefined,
      startedAt: now,
      usedAt: now,
      snapshot,
      documents: new Set(),
      scans: [],
      collections: new Set(),
      retries: readWrite?.retryTransaction?.toString('hex'),
    };
    this.#active.set(transaction.id.toString('hex'), transaction);
    return transaction;
  }

  /** The transaction with this id. @throws FirestoreError if there is none, or it has ended or expired */
  find(id: Buffer): Transaction {
    const key = id.toString('hex');
    const transaction = this.#active.get(key);
    if (!transaction) {
      this.#checkIssued(id);
      throw invalidArgument('Transaction is invalid or closed.');
    }
    if (this.#isExpired(transaction)) {
      this.#end(transaction);
      // The SDK starts over when it reads "transaction has expired".
      throw invalidArgument('The referenced transaction has expired or is no longer valid.');
    }
    transaction.usedAt = this.#clock();
    return transaction;
  }

  /**
   * The moment at which a transaction reads: that of its first read.
   * @throws FirestoreError ABORTED if that moment is so long ago that it is forgotten
   */
  snapshotOf(transaction: Transaction): Micros {
    transaction.snapshot ??= this.#database.now();
    if (!this.#database.remembers(transaction.snapshot)) throw contention();
    return transaction.snapshot;
  }

  /** Ends a transaction with writes. @throws FirestoreError ABORTED if what it read has changed since */
  commit(id: Buffer, writes: Write[]): Committed {
    const transaction = this.find(id);
    if (transaction.isReadOnly && writes.length > 0) {
      throw invalidArgument('Cannot modify entities in a read-only transaction.');
    }
    this.#end(transaction);
    if (!transaction.isReadOnly && hasConflict(this.#database, transaction)) throw contention();
    return commitWrites(this.#database, writes);
  }

  /** Ends a transaction without writing; one that has already ended stays so. */
  rollback(id: Buffer): void {
    this.#checkIssued(id);
    const transaction = this.#active.get(id.toString('hex'));
    if (transaction) this.#end(transaction);
  }

  #end({ id, retries }: Transaction): void {
    this.#active.delete(id.toString('hex'));
    if (retries) this.#turns.end(retries);
  }

  #checkIssued(id: Buffer): void {
    const isOurs = id.length === 16 && id.subarray(0, 8).equals(this.#prefix);
    const number = isOurs ? id.readBigUInt64BE(8) : 0n;
    if (number < 1n || number > this.#issued) throw invalidArgument('Invalid transaction.');
  }

  #isExpired({ startedAt, usedAt }: Transaction): boolean {
    const now = this.#clock();
    return now - startedAt > MAX_AGE || now - usedAt > MAX_IDLE;
  }

  /** Long after they expired, so that a client that is merely late still hears why; no timer needed. */
  #dropExpired(): void {
    const longAgo = this.#clock() - 2 * MAX_AGE;
    for (const [key, { usedAt }] of this.#active) {
      if (usedAt > longAgo) return;
      this.#active.delete(key);
    }
  }
}

/** Production's words; the SDK starts the transaction over for the code. */
const contention = () => aborted('Too much contention on these documents. Please try again.');
