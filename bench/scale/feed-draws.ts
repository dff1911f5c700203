import {
  type AccessChange,
  CHANGE_LIFETIME,
} from '../../functions/src/directory/revocation/access-changes.ts';
import { type Random, untilNext } from './random.ts';

/** What happens in the simulated hour whatever the instances do: who changes, and when they come back. */

/** Requests of the user whose rights changed, in the seconds after it, to see which of them still pass. */
const PROBES = 6;
const PROBED_SECONDS = 15;
/** A commit shows up to this long after the moment it is dated with. Seconds. */
const SLOWEST_COMMIT = 2;
/** 2026-01-01: the simulation's time 0, in seconds since the epoch. */
export const EPOCH = 1_767_225_600;

export interface WorldChange extends AccessChange {
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** Second from which a query finds it. */
  readonly shownAt: number;
}

export interface Probe {
  readonly at: number;
  readonly change: WorldChange;
}

/** From before the first instance's horizon to the end, oldest first. @param rate per second */
export function drawChanges(random: Random, rate: number, seconds: number): WorldChange[] {
  const changes: WorldChange[] = [];
  let at = EPOCH - CHANGE_LIFETIME - 60 + untilNext(random, rate);
  for (; at < EPOCH + seconds; at += untilNext(random, rate)) {
    changes.push(changeAt(random, at, changes.length));
  }
  return changes;
}

export function changeAt(random: Random, at: number, index: number): WorldChange {
  const shownAt = at + random() * SLOWEST_COMMIT;
  return { uid: `user-${index}`, rolesVersion: index + 1, at: at * 1000, shownAt };
}

/** The users of some of the changes come back at once, each time to an instance that the load balancer chose. */
export function drawProbes(
  random: Random,
  changes: readonly WorldChange[],
  instances: number,
): Map<number, Probe[]> {
  const probes = new Map<number, Probe[]>();
  for (const change of changes) {
    if (change.at < EPOCH * 1000) continue;
    for (let count = 0; count < PROBES; count++) {
      const slot = Math.floor(random() * instances);
      const list = probes.get(slot) ?? [];
      list.push({ at: change.shownAt + random() * PROBED_SECONDS, change });
      probes.set(slot, list);
    }
  }
  return probes;
}

export function firstAfter(changes: readonly WorldChange[], at: number): number {
  let low = 0;
  let high = changes.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((changes[middle]?.at ?? 0) > at) high = middle;
    else low = middle + 1;
  }
  return low;
}
