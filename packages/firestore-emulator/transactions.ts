import { randomBytes } from 'node:crypto';
import type { Clock } from './clock.ts';
import { type CheckedWrite, type CommitOutcome, commitWrites } from './commit.ts';
import { hasConflict, type ReadSet } from './conflict.ts';
import type { Database } from './database.ts';
import type { TransactionOptions } from './messages.ts';
import { RetryQueue } from './retry-queue.ts';
import type { Scan } from './scan.ts';
import { aborted, invalidArgument } from './status.ts';
import { MINUTE, type Micros, toMicros } from './time.ts';

/** https://firebase.google.com/docs/firestore/quotas: 270 seconds in total, 60 seconds idle. */
const MAX_AGE: Micros = 270_000_000;
const MAX_IDLE: Micros = MINUTE;

/** A transaction in progress. */
export interface Transaction extends ReadSet {
  readonly id: Buffer;
  readonly isReadOnly: boolean;
  readonly startedAt: Micros;
  usedAt: Micros;
  /** The time of the first read. All reads of the transaction return the state at that time. */
  snapshot: Micros | undefined;
  readonly documents: Set<string>;
  readonly scans: Scan[];
  readonly collections: Set<string>;
  /** The id of the aborted transaction that this one retries. */
  readonly retriedId: string | undefined;
}

/**
 * The transactions of one database, with optimistic concurrency control. There are no locks. A commit is ABORTED if a
 * later commit than the transaction's snapshot changed a document or a query result that the transaction has read.
 */
export class Transactions {
  readonly #database: Database;
  readonly #clock: Clock;
  readonly #active = new Map<string, Transaction>();
  /** Distinguishes ids of this process from those of an earlier one. */
  readonly #prefix = randomBytes(8);
  readonly #retryQueue = new RetryQueue();
  #issued = 0n;

  constructor(database: Database, clock: Clock) {
    this.#database = database;
    this.#clock = clock;
  }

  /** Waits for the retry lease if the options retry a transaction. Call it before `begin`. */
  async waitInRetryQueue(options: TransactionOptions | undefined): Promise<void> {
    const retried = options?.readWrite?.retryTransaction;
    if (retried?.length) await this.#retryQueue.acquire(retried.toString('hex'));
  }

  /** @throws FirestoreError if the read time of a read-only transaction cannot be read */
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
      retriedId: readWrite?.retryTransaction?.toString('hex'),
    };
    this.#active.set(transaction.id.toString('hex'), transaction);
    return transaction;
  }

  /** @throws FirestoreError if no transaction has this id, or it has ended or expired */
  find(id: Buffer): Transaction {
    const key = id.toString('hex');
    const transaction = this.#active.get(key);
    if (!transaction) {
      this.#checkIssued(id);
      throw invalidArgument('Transaction is invalid or closed.');
    }
    if (this.#isExpired(transaction)) {
      this.#end(transaction);
      // The SDK retries when the message contains "transaction has expired".
      throw invalidArgument('The referenced transaction has expired or is no longer valid.');
    }
    transaction.usedAt = this.#clock();
    return transaction;
  }

  /**
   * The time at which the transaction reads: that of its first read.
   * @throws FirestoreError ABORTED if the versions of that time were dropped
   */
  snapshotOf(transaction: Transaction): Micros {
    transaction.snapshot ??= this.#database.now();
    if (!this.#database.hasHistorySince(transaction.snapshot)) throw contentionError();
    return transaction.snapshot;
  }

  /** Ends a transaction with writes. @throws FirestoreError ABORTED if data that it has read has changed */
  commit(id: Buffer, writes: readonly CheckedWrite[]): CommitOutcome {
    const transaction = this.find(id);
    if (transaction.isReadOnly && writes.length > 0) {
      throw invalidArgument('Cannot modify entities in a read-only transaction.');
    }
    this.#end(transaction);
    if (!transaction.isReadOnly && hasConflict(this.#database, transaction)) throw contentionError();
    return commitWrites(this.#database, writes);
  }

  /** Ends a transaction without writes. Does nothing if it has already ended. */
  rollback(id: Buffer): void {
    this.#checkIssued(id);
    const transaction = this.#active.get(id.toString('hex'));
    if (transaction) this.#end(transaction);
  }

  #end({ id, retriedId }: Transaction): void {
    this.#active.delete(id.toString('hex'));
    if (retriedId) this.#retryQueue.release(retriedId);
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

  /** Drops transactions long after they expired, so that a late client still gets the expiry error. */
  #dropExpired(): void {
    const longAgo = this.#clock() - 2 * MAX_AGE;
    for (const [key, { usedAt }] of this.#active) {
      if (usedAt > longAgo) return;
      this.#active.delete(key);
    }
  }
}

/** Production's message. The SDK retries because of the code. */
const contentionError = () => aborted('Too much contention on these documents. Please try again.');
