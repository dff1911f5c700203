/** How long one transaction may hold the lease. */
const LEASE_MS = 500;

/**
 * Retries transactions one after the other. If all transactions that conflict on a document retried at once, all but one
 * would be aborted again, and the SDK gives up after five attempts. A transaction that holds the lease for too long loses
 * the lease, but is not aborted for that.
 */
export class RetryQueue {
  readonly #waiting: { id: string; start: () => void }[] = [];
  #holder: string | undefined;
  #lease: NodeJS.Timeout | undefined;

  /** Resolves when the transaction with this id gets the lease. */
  async acquire(id: string): Promise<void> {
    if (this.#holder === undefined) this.#grant(id);
    else await new Promise<void>((start) => this.#waiting.push({ id, start }));
  }

  /** Releases the lease if the transaction with this id holds it. */
  release(id: string): void {
    if (this.#holder !== id) return;
    clearTimeout(this.#lease);
    this.#holder = undefined;
    const next = this.#waiting.shift();
    if (!next) return;
    this.#grant(next.id);
    next.start();
  }

  #grant(id: string): void {
    this.#holder = id;
    this.#lease = setTimeout(() => this.release(id), LEASE_MS).unref();
  }
}
