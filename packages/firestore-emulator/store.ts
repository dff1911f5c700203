import { type Clock, systemClock } from './clock.ts';
import { Database, type Retention } from './database.ts';
import { invalidArgument } from './status.ts';
import { Transactions } from './transactions.ts';

/** A database and its transactions in progress. */
export interface OpenDatabase {
  database: Database;
  transactions: Transactions;
}

const NAME = /^projects\/[^/]+\/databases\/[^/]+/;

/** All databases of this server, by `projects/{p}/databases/{d}`. A database is created when it is first used. */
export class Store {
  readonly #databases = new Map<string, OpenDatabase>();
  readonly #clock: Clock;
  readonly #retention: Partial<Retention>;
  /** Called after each commit to any database. Used by persistence.ts. */
  onChange: () => void = () => {};

  constructor(clock: Clock = systemClock, retention: Partial<Retention> = {}) {
    this.#clock = clock;
    this.#retention = retention;
  }

  /**
   * @param resource the name of a database, or of a resource in it
   * @throws FirestoreError if the name contains no database
   */
  open(resource: string): OpenDatabase {
    const name = NAME.exec(resource)?.[0];
    if (name === undefined)
      throw invalidArgument(`"${resource}" does not start with projects/*/databases/*.`);
    const existing = this.#databases.get(name);
    if (existing) return existing;
    const database = new Database(name, this.#clock, this.#retention);
    database.subscribe(() => this.onChange());
    const opened: OpenDatabase = { database, transactions: new Transactions(database, this.#clock) };
    this.#databases.set(name, opened);
    return opened;
  }

  databases(): Database[] {
    return [...this.#databases.values()].map(({ database }) => database);
  }
}
