import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { StoredDocument } from '../document.ts';
import { compileQuery } from '../query/run.ts';
import type { Cursor, Filter, StructuredQuery } from '../query/structured-query.ts';
import { FirestoreError } from '../status.ts';
import type { Value } from '../value.ts';
import { double, encode, int, list, NAN, NULL, pathsOf, ROOT, ref } from './query-helpers.ts';

/** The model's values in the documented order. The model compares only their ranks. */
interface Ranked {
  value: Value;
  rank: number;
  type: string;
  elements?: Ranked[];
}
const ranked = (type: string, rank: number, value: Value): Ranked => ({ value, rank, type });
const NULL_RANK = 0;
const NAN_RANK = 3;
const ONE = ranked('number', 5, int(1));
const TEXT = ranked('string', 7, encode('a'));
const NOTHING = ranked('null', NULL_RANK, NULL);
const NOT_A_NUMBER = ranked('number', NAN_RANK, NAN);
const DOMAIN: Ranked[] = [
  NOTHING,
  ranked('boolean', 1, encode(false)),
  ranked('boolean', 2, encode(true)),
  NOT_A_NUMBER,
  ranked('number', 4, double(0.5)),
  ONE,
  ranked('number', 5, double(1)),
  ranked('number', 6, int(2)),
  TEXT,
  ranked('string', 8, encode('b')),
  { ...ranked('array', 9, list()), elements: [] },
  { ...ranked('array', 10, list(NULL, NAN)), elements: [NOTHING, NOT_A_NUMBER] },
  { ...ranked('array', 11, encode([1])), elements: [ONE] },
  { ...ranked('array', 12, encode([1, 'a'])), elements: [ONE, TEXT] },
];

/** All document paths, in name order. The index of a path is its rank. */
const PATHS = ['k/a', 'k/a/k/b', 'k/a/z/c', 'k/b', 'k/c', 'k!/a', 'z/a', 'z/a/k/a'];
const IN_ROOT = ['k/a', 'k/b', 'k/c'];
const IN_GROUP = [...IN_ROOT, 'k/a/k/b', 'z/a/k/a'];
const NAMES: Ranked[] = PATHS.map((path, rank) => ranked('name', rank, ref(path)));

const FIELDS = ['a', 'b', 'm.c', '__name__'];

interface ModelDocument {
  path: string;
  values: Map<string, Ranked>;
}
interface ModelCondition {
  field: string;
  op: string;
  operands: Ranked[];
}
type ModelFilter = ModelCondition | { join: 'AND' | 'OR'; parts: ModelFilter[] };
interface ModelQuery {
  where: ModelFilter | undefined;
  orders: { field: string; isDescending: boolean }[];
  start: { values: Ranked[]; before: boolean } | undefined;
  end: { values: Ranked[]; before: boolean } | undefined;
  offset: number;
  limit: number | undefined;
  isGroup: boolean;
}

// The reference implementation, as simple as possible.

const isNullOrNaN = ({ rank, type }: Ranked) => type === 'null' || (type === 'number' && rank === NAN_RANK);
const isOneOf = (value: Ranked, all: Ranked[]) =>
  all.some((one) => !isNullOrNaN(one) && one.rank === value.rank);

const isDifferent = (value: Ranked, operand: Ranked) =>
  value.type !== 'null' && operand.type !== 'null' && !isOneOf(value, [operand]);
/** null and NaN are neither less nor greater than anything. */
const inOrder =
  (test: (value: number, operand: number) => boolean) => (value: Ranked, _: Ranked[], operand: Ranked) =>
    value.type === operand.type && ![value, operand].some(isNullOrNaN) && test(value.rank, operand.rank);

const TESTS: Record<string, (value: Ranked, operands: Ranked[], operand: Ranked) => boolean> = {
  EQUAL: (value, operands) => isOneOf(value, operands),
  NOT_EQUAL: (value, _, operand) => isDifferent(value, operand),
  LESS_THAN: inOrder((value, operand) => value < operand),
  LESS_THAN_OR_EQUAL: inOrder((value, operand) => value <= operand),
  GREATER_THAN: inOrder((value, operand) => value > operand),
  GREATER_THAN_OR_EQUAL: inOrder((value, operand) => value >= operand),
  IN: (value, operands) => isOneOf(value, operands),
  NOT_IN: (value, operands) => operands.every((operand) => isDifferent(value, operand)),
  ARRAY_CONTAINS: (value, operands) => (value.elements ?? []).some((one) => isOneOf(one, operands)),
  ARRAY_CONTAINS_ANY: (value, operands) => (value.elements ?? []).some((one) => isOneOf(one, operands)),
};
const RANGES = [
  'LESS_THAN',
  'LESS_THAN_OR_EQUAL',
  'GREATER_THAN',
  'GREATER_THAN_OR_EQUAL',
  'NOT_EQUAL',
  'NOT_IN',
];

function satisfies(document: ModelDocument, filter: ModelFilter): boolean {
  if ('join' in filter) {
    const answers = new Set(filter.parts.map((part) => satisfies(document, part)));
    return filter.join === 'AND' ? !answers.has(false) : answers.has(true);
  }
  const value = document.values.get(filter.field);
  const [operand] = filter.operands;
  return Boolean(value && operand && TESTS[filter.op]?.(value, filter.operands, operand));
}

const rangedFields = (filter: ModelFilter | undefined): string[] => {
  if (!filter) return [];
  if ('join' in filter) return filter.parts.flatMap(rangedFields);
  const isNegation = filter.op === 'NOT_EQUAL' || filter.op === 'NOT_IN';
  const isNever = filter.operands.every((one) => (isNegation ? one.type === 'null' : isNullOrNaN(one)));
  return RANGES.includes(filter.op) && !isNever ? [filter.field] : [];
};

function expected(documents: ModelDocument[], query: ModelQuery): string[] {
  const isDescending = query.orders.at(-1)?.isDescending ?? false;
  const orders = [...query.orders];
  for (const field of [
    ...rangedFields(query.where)
      .filter((one) => one !== '__name__')
      .sort(),
    '__name__',
  ]) {
    if (!orders.some((order) => order.field === field)) orders.push({ field, isDescending });
  }
  const step = (a: Ranked | undefined, b: Ranked | undefined, i: number) =>
    ((a?.rank ?? 0) - (b?.rank ?? 0)) * (orders[i]?.isDescending ? -1 : 1);
  const keysOf = ({ values }: ModelDocument) => orders.map(({ field }) => values.get(field));
  const difference = (a: (Ranked | undefined)[], b: (Ranked | undefined)[]) =>
    b.map((one, i) => step(a[i], one, i)).find((order) => order !== 0) ?? 0;

  const sorted: ModelDocument[] = [];
  for (const document of documents) {
    if (!(query.isGroup ? IN_GROUP : IN_ROOT).includes(document.path)) continue;
    if (keysOf(document).includes(undefined) || (query.where && !satisfies(document, query.where))) continue;
    const later = sorted.findIndex((other) => difference(keysOf(other), keysOf(document)) > 0);
    sorted.splice(later < 0 ? sorted.length : later, 0, document);
  }
  const { start, end } = query;
  const started = sorted.filter((document) => {
    const order = start ? difference(keysOf(document), start.values) : 1;
    return order > 0 || (order === 0 && start?.before === true);
  });
  const ended = started.filter((document) => {
    const order = end ? difference(keysOf(document), end.values) : -1;
    return order < 0 || (order === 0 && end?.before !== true);
  });
  const rest = ended.filter((_, i) => i >= query.offset);
  return rest.filter((_, i) => query.limit === undefined || i < query.limit).map(({ path }) => path);
}

// Conversion of the model to messages.

const LISTS = ['IN', 'NOT_IN', 'ARRAY_CONTAINS_ANY'];
function toFilter(filter: ModelFilter): Filter {
  if ('join' in filter) return { compositeFilter: { op: filter.join, filters: filter.parts.map(toFilter) } };
  const { field, op, operands } = filter;
  const values = operands.map(({ value }) => value);
  const value = LISTS.includes(op) ? list(...values) : (values[0] ?? NULL);
  return { fieldFilter: { field: { fieldPath: field }, op, value } };
}
const toCursor = ({ values, before }: NonNullable<ModelQuery['start']>): Cursor => ({
  values: values.map(({ value }) => value),
  before,
});
const toQuery = (query: ModelQuery): StructuredQuery => ({
  from: [{ collectionId: 'k', allDescendants: query.isGroup }],
  ...(query.where && { where: toFilter(query.where) }),
  orderBy: query.orders.map(({ field, isDescending }) => ({
    field: { fieldPath: field },
    direction: isDescending ? 'DESCENDING' : 'ASCENDING',
  })),
  ...(query.start && { startAt: toCursor(query.start) }),
  ...(query.end && { endAt: toCursor(query.end) }),
  offset: query.offset,
  ...(query.limit !== undefined && { limit: { value: query.limit } }),
});
function toDocument({ path, values }: ModelDocument): StoredDocument {
  const fields: Record<string, Value> = {};
  for (const [field, { value }] of values) {
    if (field === 'm.c') fields.m = { mapValue: { fields: { c: value } } };
    else if (field !== '__name__') fields[field] = value;
  }
  const time = { seconds: '0', nanos: 0 };
  return { name: `${ROOT}/${path}`, fields, createTime: time, updateTime: time };
}

const anyValue = fc.constantFrom(...DOMAIN);
const valueFor = (field: string) => (field === '__name__' ? fc.constantFrom(...NAMES) : anyValue);
const documentSets: fc.Arbitrary<ModelDocument[]> = fc
  .tuple(
    ...NAMES.map((name, i) =>
      fc
        .record({ a: fc.option(anyValue), b: fc.option(anyValue), 'm.c': fc.option(anyValue) })
        .map((fields) => {
          const values = new Map([['__name__', name]]);
          for (const [field, value] of Object.entries(fields)) if (value) values.set(field, value);
          return { path: PATHS[i] ?? '', values };
        }),
    ),
  )
  .chain((all) => fc.shuffledSubarray(all, { minLength: 5 }));

const test: fc.Arbitrary<ModelFilter> = fc
  .record({ field: fc.constantFrom(...FIELDS), op: fc.constantFrom(...Object.keys(TESTS)) })
  .chain(({ field, op }) =>
    fc
      .array(valueFor(field), { minLength: 1, maxLength: LISTS.includes(op) ? 3 : 1 })
      .map((operands) => ({ field, op, operands })),
  );
const anyFilter = fc.letrec<{ filter: ModelFilter }>((tie) => ({
  filter: fc.oneof(
    { maxDepth: 2 },
    test,
    fc.record({
      join: fc.constantFrom('AND' as const, 'OR' as const),
      parts: fc.array(tie('filter'), { minLength: 1, maxLength: 3 }),
    }),
  ),
})).filter;

const anyQuery: fc.Arbitrary<ModelQuery> = fc
  .shuffledSubarray(FIELDS)
  .chain((fields) =>
    fc.tuple(...fields.map((field) => fc.record({ field: fc.constant(field), isDescending: fc.boolean() }))),
  )
  .chain((orders) => {
    const cursor = fc.record({
      values: fc
        .integer({ min: 1, max: Math.max(1, orders.length) })
        .chain((length) => fc.tuple(...orders.slice(0, length).map(({ field }) => valueFor(field)))),
      before: fc.boolean(),
    });
    const cursors = fc.option(orders.length ? cursor : fc.constant(undefined), { nil: undefined });
    return fc.record({
      where: fc.option(anyFilter, { nil: undefined }),
      orders: fc.constant(orders),
      start: cursors,
      end: cursors,
      offset: fc.constantFrom(0, 0, 0, 1),
      limit: fc.constantFrom(undefined, undefined, 0, 1, 3),
      isGroup: fc.boolean(),
    });
  });

/** Skips invalid queries: query-validate.test.ts tests them. */
function compileOrSkip(query: ModelQuery) {
  try {
    return compileQuery(ROOT, toQuery(query));
  } catch (error) {
    if (!(error instanceof FirestoreError)) throw error;
    return fc.pre(false);
  }
}

describe('embedded Firestore: random queries', () => {
  it('returns the same results as the reference implementation', () => {
    fc.assert(
      fc.property(documentSets, anyQuery, (documents, query) => {
        const compiled = compileOrSkip(query);
        assert.ok(compiled);
        assert.deepEqual(pathsOf(compiled.run(documents.map(toDocument))), expected(documents, query));
      }),
      { numRuns: 6000 },
    );
  });

  it('returns the reverse for the reversed query with swapped cursors, as limitToLast needs', () => {
    fc.assert(
      fc.property(documentSets, anyQuery, (documents, written) => {
        const orders = written.orders.length ? written.orders : [{ field: '__name__', isDescending: false }];
        const query = { ...written, orders, offset: 0, limit: undefined };
        const flip = (cursor: ModelQuery['start']) => cursor && { ...cursor, before: !cursor.before };
        const reversed = {
          ...query,
          orders: orders.map(({ field, isDescending }) => ({ field, isDescending: !isDescending })),
          start: flip(query.end),
          end: flip(query.start),
        };
        const [forwards, backwards] = [compileOrSkip(query), compileOrSkip(reversed)];
        assert.ok(forwards && backwards);
        const stored = documents.map(toDocument);
        assert.deepEqual(pathsOf(backwards.run(stored)).reverse(), pathsOf(forwards.run(stored)));
      }),
      { numRuns: 2000 },
    );
  });
});
