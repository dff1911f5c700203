import assert from 'node:assert/strict';
import type { Job } from './child.ts';
import type { LeftState, Sandbox, StateCopy, Timing } from './sandbox.ts';
import type { State } from './state.ts';

/** More calls than any change makes. */
const MAX_CALLS = 30;

/** Kills a process at each of its calls, one at a time in each sandbox. @returns all states that were left */
export async function killAtEachCall(
  sandboxes: readonly Sandbox[],
  before: State,
  job: Job,
  timing: Timing,
): Promise<LeftState[]> {
  const leftStates: LeftState[] = [];
  let calls = 0;
  let isDone = false;
  await inEach(sandboxes, async (sandbox) => {
    while (!isDone) {
      const n = ++calls;
      assert.ok(n <= MAX_CALLS, 'more calls than expected');
      const left = await sandbox.kill(before, job, n, timing);
      if (left === undefined) isDone = true;
      else leftStates.push(left);
    }
  });
  return leftStates;
}

/**
 * Runs `work` on a copy of each state that was left, with a new instance.
 *
 * @param later makes the state at the time of `work` from the state that was left
 */
export async function onEachCopy(
  sandboxes: readonly Sandbox[],
  leftStates: readonly LeftState[],
  later: (left: State) => State,
  work: (copy: StateCopy, left: LeftState) => Promise<void>,
): Promise<void> {
  const queue = [...leftStates];
  await inEach(sandboxes, async (sandbox) => {
    for (let left = queue.shift(); left !== undefined; left = queue.shift()) {
      const own = left;
      try {
        await sandbox.withCopy(later(own), (copy) => work(copy, own));
      } catch (error) {
        throw new Error(`killed ${own.when}`, { cause: error });
      }
    }
  });
}

/** Waits for all, even when one fails, so that no work is left running during the next test. */
async function inEach(
  sandboxes: readonly Sandbox[],
  work: (sandbox: Sandbox) => Promise<void>,
): Promise<void> {
  for (const result of await Promise.allSettled(sandboxes.map(work))) {
    if (result.status === 'rejected') throw result.reason;
  }
}
