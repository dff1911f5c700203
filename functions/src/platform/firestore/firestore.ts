import type { FieldPath, FieldValue, Firestore, Timestamp } from '@google-cloud/firestore';
import { withDeadline } from '../../core/deadline.ts';
import { AppError, unavailable } from '../../core/errors.ts';

/** The database, and the classes of the SDK that build values: modules get them here instead of importing the SDK. */
export interface OpenedFirestore {
  readonly db: Firestore;
  readonly FieldPath: typeof FieldPath;
  readonly FieldValue: typeof FieldValue;
  readonly Timestamp: typeof Timestamp;
}

/** Loads the SDK, which takes a quarter of a second, at the first call. */
export type OpenFirestore = () => Promise<OpenedFirestore>;

/** How long Gatehouse waits for an answer of Firestore, in milliseconds. The SDK alone would try for ten minutes. */
export const FIRESTORE_DEADLINE_MS = 4_000;

/**
 * Uses Firestore with a deadline.
 *
 * @throws AppError `unavailable`, or what `work` throws itself
 */
export async function useFirestore<T>(
  what: string,
  open: OpenFirestore,
  work: (firestore: OpenedFirestore) => Promise<T>,
): Promise<T> {
  try {
    return await withDeadline(what, open().then(work), FIRESTORE_DEADLINE_MS);
  } catch (error) {
    if (error instanceof AppError || !isTransient(error)) throw error;
    throw unavailable(`${what}: ${error.code}`, error);
  }
}

/**
 * gRPC codes (https://grpc.io/docs/guides/status-codes/) that say nothing about the request: CANCELLED, UNKNOWN,
 * DEADLINE_EXCEEDED, RESOURCE_EXHAUSTED, ABORTED after all attempts, INTERNAL, UNAVAILABLE.
 */
const TRANSIENT = new Set<unknown>([1, 2, 4, 8, 10, 13, 14]);

function isTransient(error: unknown): error is Error & { code: number } {
  return error instanceof Error && 'code' in error && TRANSIENT.has(error.code);
}

/** The fields that have a value: Firestore refuses `undefined`. */
export function omitUndefined(fields: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
