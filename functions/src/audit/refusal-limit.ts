import { LRUCache } from 'lru-cache';
import type { Clock } from '../core/clock.ts';
import type { AuditEvent } from './audit-event.ts';

/** Refusals recorded of one actor within a minute, by one instance: a flood must not become a flood of writes. */
const PER_MINUTE = 30;

interface Tally {
  readonly since: number;
  recorded: number;
  suppressed: number;
}

/**
 * Decides whether a refusal is recorded.
 *
 * @returns how many of this actor's were passed over since the last that was recorded; undefined: pass over this one
 */
export function createRefusalLimit(clock: Clock): (event: Pick<AuditEvent, 'actor'>) => number | undefined {
  const tallies = new LRUCache<string, Tally>({ max: 1_000 });
  return ({ actor }) => {
    const known = tallies.get(actor);
    const isOver = known === undefined || clock() - known.since >= 60_000;
    const tally = isOver ? { since: clock(), recorded: 0, suppressed: known?.suppressed ?? 0 } : known;
    if (isOver) tallies.set(actor, tally);
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
