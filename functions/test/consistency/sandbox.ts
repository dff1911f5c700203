import { startTestFirestore } from '../helpers/firestore.ts';
import { PROJECT } from '../helpers/google.ts';
import { type AuthServer, openAuthServer } from './auth-server.ts';
import { type Addresses, type Backends, connectBackends } from './backends.ts';
import type { Change } from './changes.ts';
import { type Child, startChild } from './child-process.ts';
import { type OwnInstance, openInstance, slowClock } from './instance.ts';
import { newDatabase, readState, type State, writeState } from './state.ts';

/**
 * Is the process killed before its call has an effect, or after it has, but before the answer? After a read all is as it
 * is before the next call: that is left out.
 */
export type Timing = 'before' | 'after';

const READS = new Set(['BatchGetDocuments', 'RunQuery', 'lookup']);

/** What was left when a process was killed. */
export interface LeftState extends State {
  /** E.g. `before call 4, Commit`. */
  readonly when: string;
}

/** A copy of a state, to try something on, with an instance that knows nothing yet. */
export interface StateCopy {
  readonly instance: OwnInstance;
  /** One more instance. */
  another(): OwnInstance;
  readonly accounts: AuthServer['accounts'];
  state(): Promise<State>;
}

/** A Firestore and a Firebase Auth in which processes are killed, one at a time. */
export interface Sandbox {
  /** Kills a process at the n-th of its calls. @returns what is left; undefined when the process was done before */
  kill(before: State, change: Change, n: number, moment: Timing): Promise<LeftState | undefined>;
  /** Tries something on a copy. */
  try<T>(state: State, work: (trial: StateCopy) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

export async function openSandbox(): Promise<Sandbox> {
  /** Answers never when this is the call. */
  let hold: (method: string, at: Timing) => Promise<void> | undefined = () => undefined;
  const beforeCall = (method: string) => hold(method, 'before');
  const afterCall = (method: string) => hold(method, 'after');
  const [firestore, auth] = await Promise.all([
    startTestFirestore({ beforeCall, afterCall }),
    openAuthServer({ beforeCall, afterCall }),
  ]);
  // It takes a while to start: the next one does so while this one is looked at.
  const waiting: Promise<Child>[] = [];
  prepare();

  function prepare(): void {
    if (waiting.length > 0) return;
    const child = startChild();
    // Whoever takes it hears of it.
    child.catch(() => undefined);
    waiting.push(child);
  }

  async function withCopy<T>(state: State, work: (addresses: Addresses, outside: Backends) => Promise<T>) {
    const addresses = {
      ...{ firestore: firestore.host, database: newDatabase() },
      ...{ auth: auth.port, project: PROJECT },
    };
    const outside = connectBackends(addresses);
    try {
      auth.accounts = new Map(state.accounts);
      await writeState(outside.db, state);
      return await work(addresses, outside);
    } finally {
      await outside.close();
    }
  }

  return {
    kill: (before, change, n, moment) =>
      withCopy(before, async (addresses, { db }) => {
        const child = await (waiting.shift() ?? startChild());
        prepare();
        await child.open(addresses);
        let calls = 0;
        let method = '';
        const reached = new Promise<'reached'>((resolve) => {
          hold = (name, at) => {
            if (at !== moment || (at === 'after' && READS.has(name)) || ++calls !== n) return undefined;
            method = name;
            resolve('reached');
            return new Promise(() => {});
          };
        });
        const finished = child.run({ change }).then(() => 'finished' as const);
        const came = await Promise.race([reached, finished]);
        hold = () => undefined;
        if (came === 'finished') {
          waiting.push(Promise.resolve(child));
          return undefined;
        }
        finished.catch(() => undefined);
        await child.kill();
        return { ...(await readState(db, auth.accounts)), when: `${moment} call ${n}, ${method}` };
      }),
    try: (state, work) =>
      withCopy(state, async (addresses, { db }) => {
        const opened: OwnInstance[] = [];
        const another = () => {
          const instance = openInstance(addresses, slowClock);
          opened.push(instance);
          return instance;
        };
        try {
          const read = () => readState(db, auth.accounts);
          return await work({ instance: another(), another, accounts: auth.accounts, state: read });
        } finally {
          await Promise.all(opened.map(({ close }) => close()));
        }
      }),
    async close() {
      await Promise.all(waiting.map(async (child) => (await child).kill()));
      await Promise.all([firestore.stop(), auth.close()]);
    },
  };
}
