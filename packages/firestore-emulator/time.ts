import type { Timestamp } from './document.ts';

/** Whole microseconds since 1970, Firestore's own resolution. Exact in a double until 2255. */
export type Micros = number;

export const MINUTE: Micros = 60_000_000;

export function toTimestamp(at: Micros): Timestamp {
  const seconds = Math.floor(at / 1_000_000);
  return { seconds: String(seconds), nanos: (at - seconds * 1_000_000) * 1000 };
}

/** Missing fields are zero. Truncates to microseconds. */
export function toMicros(time: { seconds?: string | undefined; nanos?: number | undefined }): Micros {
  return Number(time.seconds ?? 0) * 1_000_000 + Math.floor((time.nanos ?? 0) / 1000);
}
