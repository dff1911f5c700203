import {
  type AccessChange,
  CHANGE_LIFETIME,
} from '../../functions/src/directory/revocation/access-changes.ts';
import { type Random, timeToNextEvent } from './random.ts';

/** Random inputs of the simulation: access changes, and requests of the changed users. */

/** Requests with the outdated token per change, to find out how long it is accepted. */
const PROBES = 6;
/** The probes are sent within this time after the change. Seconds. */
const PROBED_SECONDS = 15;
/** Maximum time between the timestamp of a commit and its visibility to queries. Seconds. */
const MAX_COMMIT_DELAY = 2;
/** The start of the simulation, 2026-01-01, in seconds since 1970. */
export const EPOCH = 1_767_225_600;

export interface SimulatedChange extends AccessChange {
  /** Milliseconds since 1970. */
  readonly at: number;
  /** From this time queries return the change. Seconds since 1970. */
  readonly visibleAt: number;
}

export interface Probe {
  readonly at: number;
  readonly change: SimulatedChange;
}

/** Generates changes from one lifetime before the start to the end, oldest first. @param rate per second */
export function generateChanges(random: Random, rate: number, seconds: number): SimulatedChange[] {
  const changes: SimulatedChange[] = [];
  let at = EPOCH - CHANGE_LIFETIME - 60 + timeToNextEvent(random, rate);
  for (; at < EPOCH + seconds; at += timeToNextEvent(random, rate)) {
    changes.push(createChange(random, at, changes.length));
  }
  return changes;
}

export function createChange(random: Random, at: number, index: number): SimulatedChange {
  const visibleAt = at + random() * MAX_COMMIT_DELAY;
  return { uid: `user-${index}`, rolesVersion: index + 1, at: at * 1000, visibleAt };
}

/** Generates requests of the changed users soon after each change, each to a random instance. */
export function generateProbes(
  random: Random,
  changes: readonly SimulatedChange[],
  instances: number,
): Map<number, Probe[]> {
  const probes = new Map<number, Probe[]>();
  for (const change of changes) {
    if (change.at < EPOCH * 1000) continue;
    for (let count = 0; count < PROBES; count++) {
      const slot = Math.floor(random() * instances);
      const list = probes.get(slot) ?? [];
      list.push({ at: change.visibleAt + random() * PROBED_SECONDS, change });
      probes.set(slot, list);
    }
  }
  return probes;
}

export function firstAfter(changes: readonly SimulatedChange[], at: number): number {
  let low = 0;
  let high = changes.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((changes[middle]?.at ?? 0) > at) high = middle;
    else low = middle + 1;
  }
  return low;
}
