/** How long a transaction may keep the others waiting. */
const LEASE_MS = 500;

/**
 * Lets transactions that were refused once come one after the other: if all who want the same document tried
 * again at once, all but one would be refused again, and the SDK gives up after five times. It is only a courtesy:
 * who takes too long loses the turn, not the transaction.
 */
export class Turns {
  readonly #waiting: { id: string; start: () => void }[] = [];
  #holder: string | undefined;
  #lease: NodeJS.Timeout | undefined;

  /** Fulfilled when it is this one's turn. */
  async wait(id: string): Promise<void> {
    if (this.#holder === undefined) this.#give(id);
    else await new Promise<void>((start) => this.#waiting.push({ id, start }));
  }

  /** Ends a turn, if it is this one's. */
  end(id: string): void {
    if (this.#holder !== id) return;
    clearTimeout(this.#lease);
    this.#holder = undefined;
    const next = this.#waiting.shift();
    if (!next) return;
    this.#give(next.id);
    next.start();
  }

  #give(id: string): void {
    this.#holder = id;
    this.#lease = setTimeout(() => this.end(id), LEASE_MS).unref();
  }
}
