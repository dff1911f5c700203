import { AppError, unavailable } from '../errors.ts';

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
export async function withDeadline<T>(
  what: string,
  work: Promise<T>,
  ms: number = AUTH_DEADLINE_MS,
): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(unavailable(`${what}: no answer in ${ms} ms`, TIMED_OUT)), ms);
  });
  try {
    return await Promise.race([work, deadline]);
  } finally {
    clearTimeout(timer);
  }
}
