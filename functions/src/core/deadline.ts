import { AppError, unavailable } from './errors.ts';

/**
 * How long Gatehouse waits for Firebase Auth, in milliseconds. The SDK alone would wait 25 s and retry four times.
 */
export const AUTH_DEADLINE_MS = 3_000;

const TIMED_OUT = new Error('timed out');

/** Is it a timeout of {@link withDeadline}? Then the work may still take effect. */
export function isTimeout(error: unknown): boolean {
  return error instanceof AppError && error.cause === TIMED_OUT;
}

/**
 * Settles as `work` does, or rejects with `unavailable` after `ms` milliseconds. The work itself continues: firebase-admin
 * cannot cancel it, so the outcome of a write is unknown.
 */
export function withDeadline<T>(what: string, work: Promise<T>, ms: number = AUTH_DEADLINE_MS): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(unavailable(`${what}: no answer in ${ms} ms`, TIMED_OUT)), ms);
    const stop = () => clearTimeout(timer);
    work.then(resolve, reject);
    work.then(stop, stop);
  });
}
