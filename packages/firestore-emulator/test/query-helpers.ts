import { Firestore, type Query } from '@google-cloud/firestore';
import type { StoredDocument } from '../document.ts';
import { firestoreService } from '../proto.ts';
import { compileQuery } from '../query/run.ts';
import type { StructuredQuery } from '../query/structured-query.ts';
import type { Value } from '../value.ts';

export const ROOT = 'projects/demo/databases/(default)/documents';

/** Makes queries with the real SDK; nothing connects. */
export const sdk = new Firestore({ projectId: 'demo' });

export const int = (value: string | number): Value => ({ integerValue: String(value) });
export const double = (value: number): Value => ({ doubleValue: value });
export const text = (value: string): Value => ({ stringValue: value });
export const ref = (path: string): Value => ({ referenceValue: `${ROOT}/${path}` });
export const list = (...values: Value[]): Value => ({ arrayValue: { values } });
export const map = (fields: Record<string, Value>): Value => ({ mapValue: { fields } });
export const NULL: Value = { nullValue: 'NULL_VALUE' };
export const NAN: Value = double(Number.NaN);

/** JavaScript's plain values as Firestore's; a whole number becomes an integer. */
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

/** A document at a path below the root. */
export function documentAt(path: string, fields: object = {}): StoredDocument {
  const time = { seconds: '1', nanos: 0 };
  return { name: `${ROOT}/${path}`, fields: encodeFields(fields), createTime: time, updateTime: time };
}

export const pathsOf = (documents: readonly StoredDocument[]) =>
  documents.map(({ name }) => name.slice(ROOT.length + 1));

/** What a server gets of the SDK's query: encoded and decoded with the real protos. */
export function onWire(query: Query): { parent: string; structuredQuery: StructuredQuery } {
  const runQuery = firestoreService.RunQuery;
  if (!runQuery) throw new Error('the protos have no RunQuery');
  // toProto is the SDK's own and not in its types.
  const request = (query as unknown as { toProto(): object }).toProto();
  return runQuery.requestDeserialize(runQuery.requestSerialize(request)) as ReturnType<typeof onWire>;
}

/** The paths the SDK's query finds among documents. */
export function find(query: Query, documents: readonly StoredDocument[]): string[] {
  const { parent, structuredQuery } = onWire(query);
  return pathsOf(compileQuery(parent, structuredQuery).run(documents));
}
