import type { StoredDocument } from './document.ts';
import type { Precondition, WireTimestamp } from './messages.ts';
import { checkTimestamp } from './scalars.ts';
import { alreadyExists, failedPrecondition, invalidArgument, notFound } from './status.ts';
import { toMicros } from './time.ts';

/** @throws FirestoreError INVALID_ARGUMENT for a time that no document can have */
export function checkUpdateTime(time: WireTimestamp): void {
  checkTimestamp(time);
  if ((time.nanos ?? 0) % 1000 === 0) return;
  throw invalidArgument('timestamp cannot have more than microseconds precision');
}

/** @throws FirestoreError if the document does not meet the precondition. A missing precondition is always met. */
export function checkPrecondition(
  name: string,
  document: StoredDocument | undefined,
  condition?: Precondition,
): void {
  if (condition?.exists === true && !document) throw notFound(`No document to update: ${name}`);
  if (condition?.exists === false && document) throw alreadyExists(`Document already exists: ${name}`);
  if (!condition?.updateTime) return;
  const stored = document ? toMicros(document.updateTime) : 0;
  const required = toMicros(condition.updateTime);
  if (stored !== required) {
    throw failedPrecondition(
      `the stored version (${stored}) does not match the required base version (${required})`,
    );
  }
}
