import { checkDocumentName } from './path.ts';
import { invalidArgument } from './status.ts';
import type { Value } from './value.ts';

/** The largest value that fits into a document of 1 MiB. Google's emulator has the same limit. */
const MAX_VALUE_BYTES = 1_048_487;
/** The years 1 to 9999, in seconds since 1970 (google/protobuf/timestamp.proto). */
const MIN_SECONDS = -62_135_596_800;
const MAX_SECONDS = 253_402_300_799;

/**
 * Validates a value that is neither map nor array and converts it to the stored form: timestamps are truncated to
 * microseconds.
 * @param property the field name for error messages
 * @throws FirestoreError if the value has no type, is too long, or out of range
 */
export function toStoredScalar(value: Value, property: string): Value {
  if (Object.keys(value).length === 0) {
    throw invalidArgument('Cannot convert firestore.v1.Value with type unset.');
  }
  const { stringValue, bytesValue, referenceValue, timestampValue, geoPointValue } = value;
  const length = stringValue === undefined ? bytesValue?.length : Buffer.byteLength(stringValue);
  if (length !== undefined && length > MAX_VALUE_BYTES) {
    throw invalidArgument(`The value of property "${property}" is longer than ${MAX_VALUE_BYTES} bytes.`);
  }
  if (referenceValue !== undefined) checkDocumentName(referenceValue);
  if (geoPointValue) checkGeoPoint(geoPointValue.latitude ?? 0, geoPointValue.longitude ?? 0);
  return timestampValue ? { timestampValue: toStoredTimestamp(timestampValue) } : value;
}

type WireTime = NonNullable<Value['timestampValue']>;

function toStoredTimestamp(time: WireTime) {
  checkTimestamp(time);
  const { seconds = 0, nanos = 0 } = time;
  return { seconds: String(seconds), nanos: nanos - (nanos % 1000) };
}

/** @throws FirestoreError INVALID_ARGUMENT */
export function checkTimestamp({ seconds = 0, nanos = 0 }: WireTime): void {
  if (Number(seconds) < MIN_SECONDS || Number(seconds) > MAX_SECONDS) {
    throw invalidArgument('Timestamp seconds exceeds limit for field.');
  }
  if (nanos < 0 || nanos > 999_999_999) throw invalidArgument('Timestamp nanos exceeds limit for field.');
}

function checkGeoPoint(latitude: number, longitude: number): void {
  for (const [name, degrees, limit] of [
    ['latitude', latitude, 90],
    ['longitude', longitude, 180],
  ] as const) {
    if (Math.abs(degrees) <= limit) continue;
    throw invalidArgument(`Geo point ${name} '${degrees}' outside permitted range -${limit} to ${limit}.`);
  }
}
