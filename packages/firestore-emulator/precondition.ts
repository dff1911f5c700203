import type { StoredDocument } from './document.ts';
import type { Precondition } from './messages.ts';
import { alreadyExists, failedPrecondition, notFound } from './status.ts';
import { toMicros } from './time.ts';

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
