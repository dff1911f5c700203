import { parseDocumentName } from './path.ts';
import { invalidArgument } from './status.ts';
import type { Value } from './value.ts';

/** What is left of a document when the rest of it is as small as can be; Google's emulator refuses the same. */
const MAX_VALUE_BYTES = 1_048_487;
/** The years 1 to 9999, in seconds (google/protobuf/timestamp.proto). */
const MIN_SECONDS = -62_135_596_800;
const MAX_SECONDS = 253_402_300_799;

/**
 * A value that is neither map nor array as it is stored: moments in microseconds, whatever was sent.
 * @param property its name, for the refusal
 * @throws FirestoreError if it is none, too long, or out of its range
 */
export function acceptScalar(value: Value, property: string): Value {
  if (Object.keys(value).length === 0) {
    throw invalidArgument('Cannot convert firestore.v1.Value with type unset.');
  }
  const { stringValue, bytesValue, referenceValue, timestampValue, geoPointValue } = value;
  const length = stringValue === undefined ? bytesValue?.length : Buffer.byteLength(stringValue);
  if (length !== undefined && length > MAX_VALUE_BYTES) {
    throw invalidArgument(`The value of property "${property}" is longer than ${MAX_VALUE_BYTES} bytes.`);
  }
  if (referenceValue !== undefined) parseDocumentName(referenceValue);
  if (geoPointValue) checkPlace(geoPointValue.latitude ?? 0, geoPointValue.longitude ?? 0);
  return timestampValue ? { timestampValue: acceptMoment(timestampValue) } : value;
}

function acceptMoment({ seconds = 0, nanos = 0 }: { seconds?: string | number; nanos?: number }) {
  if (Number(seconds) < MIN_SECONDS || Number(seconds) > MAX_SECONDS) {
    throw invalidArgument('Timestamp seconds exceeds limit for field.');
  }
  if (nanos < 0 || nanos > 999_999_999) throw invalidArgument('Timestamp nanos exceeds limit for field.');
  return { seconds: String(seconds), nanos: nanos - (nanos % 1000) };
}

function checkPlace(latitude: number, longitude: number): void {
  for (const [name, degrees, limit] of [
    ['latitude', latitude, 90],
    ['longitude', longitude, 180],
  ] as const) {
    if (Math.abs(degrees) <= limit) continue;
    throw invalidArgument(`Geo point ${name} '${degrees}' outside permitted range -${limit} to ${limit}.`);
  }
}
