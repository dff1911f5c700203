import type { StoredDocument } from './document.ts';
import type { Fields } from './messages.ts';
import { parseDocumentName } from './path.ts';
import type { Value } from './value.ts';

/** Serializes a document as one line of JSON. As in proto3's JSON, bytes are base64 and NaN is a string. */
export const serializeDocument = ({ name, createTime, updateTime, fields }: StoredDocument) =>
  JSON.stringify({ name, createTime, updateTime, fields: mapFields(fields, toJson) });

/** @throws if the line is not a serialized document */
export function parseDocument(line: string): StoredDocument {
  const { name, createTime, updateTime, fields } = JSON.parse(line) as StoredDocument;
  parseDocumentName(name);
  for (const time of [createTime, updateTime]) {
    if (!/^\d+$/.test(time?.seconds) || !Number.isInteger(time.nanos))
      throw new Error(`${name} has no valid times`);
  }
  return { name, createTime, updateTime, fields: mapFields(fields, fromJson) };
}

type Convert = (value: Value) => Value;

const mapFields = (fields: Fields, convert: Convert): Fields =>
  Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, convert(value)]));

function mapValue(value: Value, convert: Convert): Value {
  if (value.mapValue) return { mapValue: { fields: mapFields(value.mapValue.fields ?? {}, convert) } };
  if (value.arrayValue) return { arrayValue: { values: (value.arrayValue.values ?? []).map(convert) } };
  return value;
}

/** Bytes, NaN, infinities and -0 are strings in the file, hence the casts. */
function toJson(value: Value): Value {
  const { bytesValue, doubleValue } = value;
  if (bytesValue) return { bytesValue: Buffer.from(bytesValue).toString('base64') as unknown as Buffer };
  if (doubleValue === undefined || (Number.isFinite(doubleValue) && !Object.is(doubleValue, -0))) {
    return mapValue(value, toJson);
  }
  return { doubleValue: (Object.is(doubleValue, -0) ? '-0' : String(doubleValue)) as unknown as number };
}

function fromJson(value: Value): Value {
  if (value.bytesValue !== undefined) return { bytesValue: Buffer.from(String(value.bytesValue), 'base64') };
  if (value.doubleValue !== undefined) return { doubleValue: Number(value.doubleValue) };
  return mapValue(value, fromJson);
}
