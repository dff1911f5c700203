/** What Firestore bills for. @property expired deletes that the TTL policies make later */
export interface Operations {
  readonly reads: number;
  readonly writes: number;
  readonly deletes: number;
  readonly expired: number;
}

export const NOTHING: Operations = { reads: 0, writes: 0, deletes: 0, expired: 0 };

export function plus(a: Operations, b: Operations): Operations {
  return {
    reads: a.reads + b.reads,
    writes: a.writes + b.writes,
    deletes: a.deletes + b.deletes,
    expired: a.expired + b.expired,
  };
}

export function times({ reads, writes, deletes, expired }: Operations, factor: number): Operations {
  return {
    reads: reads * factor,
    writes: writes * factor,
    deletes: deletes * factor,
    expired: expired * factor,
  };
}

/**
 * List price in US dollars of one operation, beyond the daily free quota: Standard edition, Oregon (us-west1), by an
 * undated copy of https://cloud.google.com/firestore/pricing, seen in November 2026.
 */
const PRICE = { read: 0.03 / 100_000, write: 0.09 / 100_000, delete: 0.01 / 100_000 };

/** US dollars. */
export function cost({ reads, writes, deletes, expired }: Operations): number {
  return reads * PRICE.read + writes * PRICE.write + (deletes + expired) * PRICE.delete;
}
