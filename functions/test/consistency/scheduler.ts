import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/**
 * Decides by a seed in which order the outside calls of several actors take place. Each actor stops before every call;
 * one at a time is let go, and runs until it stops before its next call or is done. The same seed gives the same order.
 */
export interface Scheduler {
  /** To be awaited before each call of an actor: a call to Firestore, to Firebase Auth, or another attempt. */
  stop(call: string): Promise<void>;
  /**
   * Runs the actors, each until its end.
   *
   * @param order one value from 0 up to, excluding, 1 a step
   * @returns who did what, in the order it was done, e.g. `0 Commit`
   */
  run(actors: readonly (() => Promise<unknown>)[], order: () => number): Promise<string[]>;
}

interface Stopped {
  readonly actor: number;
  readonly call: string;
  readonly go: () => void;
}

export function createScheduler(): Scheduler {
  let stopped: Stopped[] = [];
  // Everybody else stands still: whoever comes to stop is the one who was let go.
  let moving: number | undefined;
  let rest = () => {};

  /** Lets one move, until it stops again or is done. */
  async function move(actor: number, start: () => void): Promise<void> {
    const rested = new Promise<void>((resolve) => {
      rest = resolve;
    });
    moving = actor;
    start();
    await rested;
    moving = undefined;
  }

  return {
    stop(call) {
      const actor = moving;
      // Outside of a run, e.g. while a test looks at how it came out.
      if (actor === undefined) return Promise.resolve();
      return new Promise((go) => {
        stopped.push({ actor, call, go });
        rest();
      });
    },
    async run(actors, order) {
      stopped = [];
      const steps: string[] = [];
      for (const [n, act] of actors.entries()) {
        await move(n, () => {
          const end = () => rest();
          act().then(end, end);
        });
      }
      while (stopped.length > 0) {
        stopped.sort((a, b) => a.actor - b.actor);
        const [next] = stopped.splice(Math.floor(order() * stopped.length), 1);
        if (next === undefined) break;
        steps.push(`${next.actor} ${next.call}`);
        await move(next.actor, next.go);
      }
      return steps;
    },
  };
}

/** Numbers from 0 up to, excluding, 1 that follow from a seed: mulberry32, https://gist.github.com/tommyettinger/46a874533244883189143505d203312c */
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
 * The Firestore SDK waits a second or more before it tries a transaction again. Here it is the scheduler that says when:
 * waiting is one more step. The SDK has this door for its own tests, and leaves it out of its exports.
 *
 * @returns puts the real clock back
 */
export function scheduleBackoff(scheduler: Scheduler): () => void {
  const require = createRequire(import.meta.url);
  const sdk = dirname(require.resolve('@google-cloud/firestore'));
  const { setTimeoutHandler } = require(join(sdk, 'backoff.js')) as {
    setTimeoutHandler(handler: (run: () => void, ms: number) => void): void;
  };
  setTimeoutHandler((run, ms) => {
    // The first attempt waits for nothing.
    if (ms === 0) run();
    else void scheduler.stop('backoff').then(run);
  });
  return () => setTimeoutHandler(setTimeout);
}
