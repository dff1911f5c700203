import { LRUCache } from 'lru-cache';
import type { Clock } from '../core/clock.ts';
import type { AuditEvent } from './audit-event.ts';

/** Refusals of one actor that one instance records per minute: a flood of requests must not cause a flood of writes. */
const PER_MINUTE = 30;

interface Tally {
  readonly since: number;
  recorded: number;
  suppressed: number;
}

/**
 * Decides whether a refusal is recorded.
 *
 * @returns the number of refusals of this actor that were suppressed since the last recorded one; undefined: suppress this one
 */
export function createRefusalLimit(clock: Clock): (event: Pick<AuditEvent, 'actor'>) => number | undefined {
  const tallies = new LRUCache<string, Tally>({ max: 1_000 });
  return ({ actor }) => {
    const previous = tallies.get(actor);
    const isNewMinute = previous === undefined || clock() - previous.since >= 60_000;
    const tally = isNewMinute
      ? { since: clock(), recorded: 0, suppressed: previous?.suppressed ?? 0 }
      : previous;
    if (isNewMinute) tallies.set(actor, tally);
    if (tally.recorded >= PER_MINUTE) {
      tally.suppressed++;
      return undefined;
    }
    tally.recorded++;
    const { suppressed } = tally;
    tally.suppressed = 0;
    return suppressed;
  };
}
