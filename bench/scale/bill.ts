/** Billed Firestore operations. @property ttlDeletes later deletes by TTL policies */
export interface Operations {
  readonly reads: number;
  readonly writes: number;
  readonly deletes: number;
  readonly ttlDeletes: number;
}

export const NO_OPERATIONS: Operations = { reads: 0, writes: 0, deletes: 0, ttlDeletes: 0 };

export function add(a: Operations, b: Operations): Operations {
  return {
    reads: a.reads + b.reads,
    writes: a.writes + b.writes,
    deletes: a.deletes + b.deletes,
    ttlDeletes: a.ttlDeletes + b.ttlDeletes,
  };
}

export function multiply({ reads, writes, deletes, ttlDeletes }: Operations, factor: number): Operations {
  return {
    reads: reads * factor,
    writes: writes * factor,
    deletes: deletes * factor,
    ttlDeletes: ttlDeletes * factor,
  };
}

/**
 * List price of one operation in US dollars, beyond the daily free quota: Standard edition, Oregon (us-west1), from an
 * undated copy of https://cloud.google.com/firestore/pricing, seen in November 2026.
 */
const PRICE = { read: 0.03 / 100_000, write: 0.09 / 100_000, delete: 0.01 / 100_000 };

/** The cost in US dollars. */
export function cost({ reads, writes, deletes, ttlDeletes }: Operations): number {
  return reads * PRICE.read + writes * PRICE.write + (deletes + ttlDeletes) * PRICE.delete;
}
