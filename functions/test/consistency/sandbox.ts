import type { Clock } from '../../src/core/clock.ts';
import { startTestFirestore } from '../helpers/firestore.ts';
import { PROJECT } from '../helpers/google.ts';
import { type AuthServer, openAuthServer } from './auth-server.ts';
import { type Addresses, type Backends, connectBackends } from './backends.ts';
import type { Job } from './child.ts';
import { type Child, startChild } from './child-process.ts';
import { connectInstance, type OwnInstance, slowClock } from './instance.ts';
import { newDatabase, readState, type State, writeState } from './state.ts';

/**
 * Is the process killed before the effect of its call, or between the effect and the response? `after` skips reads:
 * the state after a read is the state before the next call.
 */
export type Timing = 'before' | 'after';

const READS = new Set(['BatchGetDocuments', 'RunQuery', 'lookup']);

/** The state that a killed process has left. */
export interface LeftState extends State {
  /** E.g. `before call 4, Commit`. */
  readonly when: string;
}

/** A copy of a state, with an instance that has read nothing yet. */
export interface StateCopy {
  readonly instance: OwnInstance;
  /** Opens another instance. @param clock default: one second slow */
  another(clock?: Clock): OwnInstance;
  readonly accounts: AuthServer['accounts'];
  state(): Promise<State>;
}

/** A Firestore and a Firebase Auth for processes that are killed, one at a time. */
export interface Sandbox {
  /** Kills a process at its n-th call. @returns the state it left; undefined when it finished before that call */
  kill(before: State, job: Job, n: number, timing: Timing): Promise<LeftState | undefined>;
  /** Runs `work` on a copy of the state. */
  withCopy<T>(state: State, work: (copy: StateCopy) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

export async function openSandbox(): Promise<Sandbox> {
  /** Returns a promise that never resolves when this is the call at which the process is killed. */
  let hold: (method: string, at: Timing) => Promise<void> | undefined = () => undefined;
  const beforeCall = (method: string) => hold(method, 'before');
  const afterCall = (method: string) => hold(method, 'after');
  const [firestore, auth] = await Promise.all([
    startTestFirestore({ beforeCall, afterCall }),
    openAuthServer({ beforeCall, afterCall }),
  ]);
  // A process takes long to start: the next one starts while a test examines the current one.
  const waiting: Promise<Child>[] = [];
  prepare();

  function prepare(): void {
    if (waiting.length > 0) return;
    const child = startChild();
    // `kill` awaits it and handles the error.
    child.catch(() => undefined);
    waiting.push(child);
  }

  async function inNewDatabase<T>(
    state: State,
    work: (addresses: Addresses, backends: Backends) => Promise<T>,
  ) {
    const addresses = {
      ...{ firestore: firestore.host, database: newDatabase() },
      ...{ auth: auth.port, project: PROJECT },
    };
    const backends = connectBackends(addresses);
    try {
      auth.accounts = new Map(state.accounts);
      await writeState(backends.db, state);
      return await work(addresses, backends);
    } finally {
      await backends.close();
    }
  }

  return {
    kill: (before, job, n, timing) =>
      inNewDatabase(before, async (addresses, { db }) => {
        const child = await (waiting.shift() ?? startChild());
        prepare();
        await child.open(addresses);
        let calls = 0;
        let method = '';
        const reached = new Promise<'reached'>((resolve) => {
          hold = (name, at) => {
            if (at !== timing || (at === 'after' && READS.has(name)) || ++calls !== n) return undefined;
            method = name;
            resolve('reached');
            return new Promise(() => {});
          };
        });
        const finished = child.run(job).then(() => 'finished' as const);
        const outcome = await Promise.race([reached, finished]);
        hold = () => undefined;
        if (outcome === 'finished') {
          waiting.push(Promise.resolve(child));
          return undefined;
        }
        finished.catch(() => undefined);
        await child.kill();
        return { ...(await readState(db, auth.accounts)), when: `${timing} call ${n}, ${method}` };
      }),
    withCopy: (state, work) =>
      inNewDatabase(state, async (addresses, { db }) => {
        const opened: OwnInstance[] = [];
        const another = (clock = slowClock) => {
          const instance = connectInstance(addresses, clock);
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
