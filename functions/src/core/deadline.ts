import { AppError, unavailable } from './errors.ts';

/**
 * How long Gatehouse waits for Firebase Auth, in milliseconds. The SDK alone would wait 25 s and retry four times,
 * longer than a caller stays.
 */
export const AUTH_DEADLINE_MS = 3_000;

const TIMED_OUT = new Error('timed out');

/** Did {@link withDeadline} give up? Then what it waited for may still happen. */
export function isTimeout(error: unknown): boolean {
  return error instanceof AppError && error.cause === TIMED_OUT;
}

/**
 * Settles as `work` does, or rejects with `unavailable` after `ms` milliseconds. The work itself goes on: firebase-admin
 * has no way to cancel it, so after a write the outcome is unknown and the caller has to read again.
 */
export function withDeadline<T>(what: string, work: Promise<T>, ms: number = AUTH_DEADLINE_MS): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(unavailable(`${what}: no answer in ${ms} ms`, TIMED_OUT)), ms);
    const stop = () => clearTimeout(timer);
    work.then(resolve, reject);
    work.then(stop, stop);
  });
}
