import assert from 'node:assert/strict';
import type { Change } from './changes.ts';
import type { LeftState, Sandbox, StateCopy, Timing } from './sandbox.ts';
import type { State } from './state.ts';

/** More calls than any change makes. */
const MOST_CALLS = 30;

/** Kills a process at each of its calls, one in each lane at once. @returns all that was left */
export async function killAtEachCall(
  lanes: readonly Sandbox[],
  before: State,
  change: Change,
  moment: Timing,
): Promise<LeftState[]> {
  const lefts: LeftState[] = [];
  let calls = 0;
  let isDone = false;
  await inEach(lanes, async (lane) => {
    while (!isDone) {
      const n = ++calls;
      assert.ok(n <= MOST_CALLS, 'it makes no end of calls');
      const left = await lane.kill(before, change, n, moment);
      if (left === undefined) isDone = true;
      else lefts.push(left);
    }
  });
  return lefts;
}

/** Tries something on each state that was left, with a fresh instance. @param at what it is by then */
export async function onEachCopy(
  lanes: readonly Sandbox[],
  lefts: readonly LeftState[],
  at: (left: State) => State,
  work: (trial: StateCopy, left: LeftState) => Promise<void>,
): Promise<void> {
  const rest = [...lefts];
  await inEach(lanes, async (lane) => {
    for (let left = rest.shift(); left !== undefined; left = rest.shift()) {
      const own = left;
      try {
        await lane.try(at(own), (trial) => work(trial, own));
      } catch (error) {
        throw new Error(`killed ${own.when}`, { cause: error });
      }
    }
  });
}

/** Waits for each, even when one fails: what it left running would be in the way of the next test. */
async function inEach(lanes: readonly Sandbox[], work: (lane: Sandbox) => Promise<void>): Promise<void> {
  for (const result of await Promise.allSettled(lanes.map(work))) {
    if (result.status === 'rejected') throw result.reason;
  }
}
