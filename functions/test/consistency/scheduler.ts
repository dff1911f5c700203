import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { startTestFirestore } from '../helpers/firestore.ts';

/**
 * Decides by a seed in which order several actors make their calls. Each actor stops before every call to Firestore and
 * Firebase Auth. One at a time resumes, and runs until its next call or its end. The same seed gives the same order.
 */
export interface Scheduler {
  /** To be awaited before each call of an actor to Firestore or Firebase Auth, and before each retry. */
  stop(call: string): Promise<void>;
  /**
   * Runs all actors to their end.
   *
   * @param order a value in [0, 1) for each step
   * @returns the steps in order, each with the number of the actor, e.g. `0 Commit`
   */
  run(actors: readonly (() => Promise<unknown>)[], order: () => number): Promise<string[]>;
}

interface Stopped {
  readonly actor: number;
  readonly call: string;
  readonly resume: () => void;
}

export function createScheduler(): Scheduler {
  let stopped: Stopped[] = [];
  // All other actors are stopped, so the next call is one of this actor.
  let running: number | undefined;
  let onStopped = () => {};

  /** Runs one actor until it stops again or is done. */
  async function runUntilStop(actor: number, start: () => void): Promise<void> {
    const hasStopped = new Promise<void>((resolve) => {
      onStopped = resolve;
    });
    running = actor;
    start();
    await hasStopped;
    running = undefined;
  }

  return {
    stop(call) {
      const actor = running;
      // No run is in progress, e.g. while a test reads the final state.
      if (actor === undefined) return Promise.resolve();
      return new Promise((resume) => {
        stopped.push({ actor, call, resume });
        onStopped();
      });
    },
    async run(actors, order) {
      stopped = [];
      const steps: string[] = [];
      for (const [n, act] of actors.entries()) {
        await runUntilStop(n, () => {
          const end = () => onStopped();
          act().then(end, end);
        });
      }
      while (stopped.length > 0) {
        stopped.sort((a, b) => a.actor - b.actor);
        const [next] = stopped.splice(Math.floor(order() * stopped.length), 1);
        if (next === undefined) break;
        steps.push(`${next.actor} ${next.call}`);
        await runUntilStop(next.actor, next.resume);
      }
      return steps;
    },
  };
}

/** Random numbers in [0, 1) by mulberry32: https://gist.github.com/tommyettinger/46a874533244883189143505d203312c */
export function random(seed: number): () => number {
  let state = Math.imul(seed, 0x9e3779b1);
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/**
 * The Firestore SDK waits a second or more before it retries a transaction. Here the scheduler decides when: the wait
 * is one more step. The SDK has this hook for its own tests, and does not export it.
 *
 * @returns restores the real wait
 */
export function scheduleBackoff(scheduler: Scheduler): () => void {
  const require = createRequire(import.meta.url);
  const sdk = dirname(require.resolve('@google-cloud/firestore'));
  const { setTimeoutHandler } = require(join(sdk, 'backoff.js')) as {
    setTimeoutHandler(handler: (run: () => void, ms: number) => void): void;
  };
  setTimeoutHandler((run, ms) => {
    // The first attempt does not wait.
    if (ms === 0) run();
    else void scheduler.stop('backoff').then(run);
  });
  return () => setTimeoutHandler(setTimeout);
}

interface BeginTransaction {
  readonly newTransaction?: { readonly readWrite?: { retryTransaction?: Buffer } };
}

/** Starts a Firestore. The scheduler orders its calls. */
export function startScheduledFirestore(scheduler: Scheduler) {
  return startTestFirestore({
    async beforeCall(method, request) {
      // The scheduler decides which transaction retries first, not the server.
      delete (request as BeginTransaction).newTransaction?.readWrite?.retryTransaction;
      // The SDK does not wait for a rollback, and the transaction has no effect any more.
      if (method !== 'Rollback') await scheduler.stop(method);
    },
  });
}
