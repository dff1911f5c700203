import { Firestore, type Query } from '@google-cloud/firestore';
import type { StoredDocument } from '../document.ts';
import { firestoreService } from '../proto.ts';
import { compileQuery } from '../query/run.ts';
import type { StructuredQuery } from '../query/structured-query.ts';
import type { Value } from '../value.ts';

export const ROOT = 'projects/demo/databases/(default)/documents';

/** The real SDK, only to build queries: it never connects. */
export const sdk = new Firestore({ projectId: 'demo' });

export const int = (value: string | number): Value => ({ integerValue: String(value) });
export const double = (value: number): Value => ({ doubleValue: value });
export const text = (value: string): Value => ({ stringValue: value });
export const ref = (path: string): Value => ({ referenceValue: `${ROOT}/${path}` });
export const list = (...values: Value[]): Value => ({ arrayValue: { values } });
export const map = (fields: Record<string, Value>): Value => ({ mapValue: { fields } });
export const NULL: Value = { nullValue: 'NULL_VALUE' };
export const NAN: Value = double(Number.NaN);

/** Converts plain JavaScript values to Firestore values. A whole number becomes an integer. */
export function encode(plain: unknown): Value {
  if (plain === null) return NULL;
  if (typeof plain === 'boolean') return { booleanValue: plain };
  if (typeof plain === 'number') return Number.isSafeInteger(plain) ? int(plain) : double(plain);
  if (typeof plain === 'string') return text(plain);
  if (Array.isArray(plain)) return list(...plain.map(encode));
  return map(encodeFields(plain as object));
}

export const encodeFields = (plain: object): Record<string, Value> =>
  Object.fromEntries(Object.entries(plain).map(([name, value]) => [name, encode(value)]));

/** A document at a path relative to the root. */
export function documentAt(path: string, fields: object = {}): StoredDocument {
  const time = { seconds: '1', nanos: 0 };
  return { name: `${ROOT}/${path}`, fields: encodeFields(fields), createTime: time, updateTime: time };
}

export const pathsOf = (documents: readonly StoredDocument[]) =>
  documents.map(({ name }) => name.slice(ROOT.length + 1));

/** Encodes and decodes a query of the SDK with the real protos, as the server receives it. */
export function encodeQuery(query: Query): { parent: string; structuredQuery: StructuredQuery } {
  const runQuery = firestoreService.RunQuery;
  if (!runQuery) throw new Error('the protos have no RunQuery');
  // toProto is internal to the SDK and not in its types.
  const request = (query as unknown as { toProto(): object }).toProto();
  return runQuery.requestDeserialize(runQuery.requestSerialize(request)) as ReturnType<typeof encodeQuery>;
}

/** Runs a query of the SDK on documents and returns the paths of the results. */
export function runSdkQuery(query: Query, documents: readonly StoredDocument[]): string[] {
  const { parent, structuredQuery } = encodeQuery(query);
  return pathsOf(compileQuery(parent, structuredQuery).run(documents));
}
