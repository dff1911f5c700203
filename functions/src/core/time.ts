import * as z from 'zod';

/** Seconds of a day. */
export const DAY = 24 * 3600;

/** The last second that Firestore can keep: the end of the year 9999. */
export const LAST_SECOND = 253_402_300_799;

/** Is the value a whole number of seconds since the epoch, as in JWTs? */
export function isSecond(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

/** RFC 3339 in UTC. @param second since the epoch */
export function toRfc3339(second: number): string {
  return new Date(second * 1000).toISOString();
}

/** For a field of Firestore, which may be absent. @param second since the epoch */
export function toDate(second: number): Date;
export function toDate(second: number | undefined): Date | undefined;
export function toDate(second: number | undefined): Date | undefined {
  return second === undefined ? undefined : new Date(second * 1000);
}

/** A time in a response. */
export const dateTime = z.string().meta({ format: 'date-time' });

/** A time of a request to the nanosecond, as Firestore keeps it. */
export interface Rfc3339 {
  /** Since the epoch. */
  readonly seconds: number;
  readonly nanoseconds: number;
}

/** RFC 3339 with any offset, from 1970 to 9999. */
export const rfc3339 = z.iso
  .datetime({ offset: true })
  .transform((text): Rfc3339 => {
    const fraction = /\.(\d+)/.exec(text)?.[1] ?? '';
    return {
      seconds: Math.floor(Date.parse(text) / 1000),
      nanoseconds: Number(fraction.slice(0, 9).padEnd(9, '0')),
    };
  })
  .refine(({ seconds }) => seconds >= 0 && seconds <= LAST_SECOND, 'Send a time between 1970 and 9999.')
  .meta({ examples: ['2030-01-01T00:00:00Z'] });
