import { type Clock, systemClock } from './clock.ts';
import { Database, type Retention } from './database.ts';
import { invalidArgument } from './status.ts';
import { Transactions } from './transactions.ts';

/** A database and the transactions that are in progress on it. */
export interface Opened {
  database: Database;
  transactions: Transactions;
}

const NAME = /^projects\/[^/]+\/databases\/[^/]+/;

/** Every database of this server, by `projects/{p}/databases/{d}`; one springs up when it is first named. */
export class Store {
  readonly #opened = new Map<string, Opened>();
  readonly #clock: Clock;
  readonly #retention: Partial<Retention>;
  /** Called after each commit to any database; persistence.ts hangs on it. */
  onChange: () => void = () => {};

  constructor(clock: Clock = systemClock, retention: Partial<Retention> = {}) {
    this.#clock = clock;
    this.#retention = retention;
  }

  /**
   * @param resource the name of a database or of anything in it
   * @throws FirestoreError if it names no database
   */
  open(resource: string): Opened {
    const name = NAME.exec(resource)?.[0];
    if (name === undefined)
      throw invalidArgument(`"${resource}" does not start with projects/*/databases/*.`);
    const known = this.#opened.get(name);
    if (known) return known;
    const database = new Database(name, this.#clock, this.#retention);
    database.subscribe(() => this.onChange());
    const opened = { database, transactions: new Transactions(database, this.#clock) };
    this.#opened.set(name, opened);
    return opened;
  }

  databases(): Database[] {
    return [...this.#opened.values()].map(({ database }) => database);
  }
}
