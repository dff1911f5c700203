import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { StoredDocument } from '../document.ts';
import { compileQuery } from '../query/run.ts';
import type { Cursor, Filter, StructuredQuery } from '../query/structured-query.ts';
import { FirestoreError } from '../status.ts';
import type { Value } from '../value.ts';
import { double, encode, int, list, NAN, NULL, pathsOf, ROOT, ref } from './query-helpers.ts';

/** The few values there are, in the documented order: the model compares their ranks and nothing else. */
interface Ranked {
  value: Value;
  rank: number;
  type: string;
  holds?: Ranked[];
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
  { ...ranked('array', 9, list()), holds: [] },
  { ...ranked('array', 10, list(NULL, NAN)), holds: [NOTHING, NOT_A_NUMBER] },
  { ...ranked('array', 11, encode([1])), holds: [ONE] },
  { ...ranked('array', 12, encode([1, 'a'])), holds: [ONE, TEXT] },
];

/** Every path a document may be at, in the order of names; its index is its rank. */
const PATHS = ['k/a', 'k/a/k/b', 'k/a/z/c', 'k/b', 'k/c', 'k!/a', 'z/a', 'z/a/k/a'];
const IN_ROOT = ['k/a', 'k/b', 'k/c'];
const IN_GROUP = [...IN_ROOT, 'k/a/k/b', 'z/a/k/a'];
const NAMES: Ranked[] = PATHS.map((path, rank) => ranked('name', rank, ref(path)));

const FIELDS = ['a', 'b', 'm.c', '__name__'];

interface Held {
  path: string;
  has: Map<string, Ranked>;
}
interface Test {
  field: string;
  op: string;
  operands: Ranked[];
}
type Tree = Test | { join: 'AND' | 'OR'; parts: Tree[] };
interface Asked {
  where: Tree | undefined;
  orders: { field: string; isDown: boolean }[];
  start: { values: Ranked[]; before: boolean } | undefined;
  end: { values: Ranked[]; before: boolean } | undefined;
  offset: number;
  limit: number | undefined;
  isGroup: boolean;
}

// What is right, said as plainly as can be.

const isWild = ({ rank, type }: Ranked) => type === 'null' || (type === 'number' && rank === NAN_RANK);
const isOneOf = (value: Ranked, all: Ranked[]) => all.some((one) => !isWild(one) && one.rank === value.rank);

const TESTS: Record<string, (value: Ranked, operands: Ranked[], operand: Ranked) => boolean> = {
  EQUAL: (value, _, operand) => value.rank === operand.rank,
  NOT_EQUAL: (value, _, operand) => value.type !== 'null' && value.rank !== operand.rank,
  LESS_THAN: (value, _, operand) => value.type === operand.type && value.rank < operand.rank,
  LESS_THAN_OR_EQUAL: (value, _, operand) => value.type === operand.type && value.rank <= operand.rank,
  GREATER_THAN: (value, _, operand) => value.type === operand.type && value.rank > operand.rank,
  GREATER_THAN_OR_EQUAL: (value, _, operand) => value.type === operand.type && value.rank >= operand.rank,
  IN: (value, operands) => isOneOf(value, operands),
  NOT_IN: (value, operands) =>
    value.type !== 'null' && operands.every(({ rank, type }) => type !== 'null' && rank !== value.rank),
  ARRAY_CONTAINS: (value, operands) => (value.holds ?? []).some((one) => isOneOf(one, operands)),
  ARRAY_CONTAINS_ANY: (value, operands) => (value.holds ?? []).some((one) => isOneOf(one, operands)),
};
const RANGES = [
  'LESS_THAN',
  'LESS_THAN_OR_EQUAL',
  'GREATER_THAN',
  'GREATER_THAN_OR_EQUAL',
  'NOT_EQUAL',
  'NOT_IN',
];

function holds(document: Held, tree: Tree): boolean {
  if ('join' in tree) {
    const answers = new Set(tree.parts.map((part) => holds(document, part)));
    return tree.join === 'AND' ? !answers.has(false) : answers.has(true);
  }
  const value = document.has.get(tree.field);
  const [operand] = tree.operands;
  return Boolean(value && operand && TESTS[tree.op]?.(value, tree.operands, operand));
}

const rangedFields = (tree: Tree | undefined): string[] => {
  if (!tree) return [];
  if ('join' in tree) return tree.parts.flatMap(rangedFields);
  return RANGES.includes(tree.op) ? [tree.field] : [];
};

function expected(documents: Held[], asked: Asked): string[] {
  const isDown = asked.orders.at(-1)?.isDown ?? false;
  const orders = [...asked.orders];
  for (const field of [
    ...rangedFields(asked.where)
      .filter((one) => one !== '__name__')
      .sort(),
    '__name__',
  ]) {
    if (!orders.some((order) => order.field === field)) orders.push({ field, isDown });
  }
  const step = (a: Ranked | undefined, b: Ranked | undefined, i: number) =>
    ((a?.rank ?? 0) - (b?.rank ?? 0)) * (orders[i]?.isDown ? -1 : 1);
  const keysOf = ({ has }: Held) => orders.map(({ field }) => has.get(field));
  const difference = (a: (Ranked | undefined)[], b: (Ranked | undefined)[]) =>
    b.map((one, i) => step(a[i], one, i)).find((order) => order !== 0) ?? 0;

  const sorted: Held[] = [];
  for (const document of documents) {
    if (!(asked.isGroup ? IN_GROUP : IN_ROOT).includes(document.path)) continue;
    if (keysOf(document).includes(undefined) || (asked.where && !holds(document, asked.where))) continue;
    const later = sorted.findIndex((other) => difference(keysOf(other), keysOf(document)) > 0);
    sorted.splice(later < 0 ? sorted.length : later, 0, document);
  }
  const { start, end } = asked;
  const started = sorted.filter((document) => {
    const order = start ? difference(keysOf(document), start.values) : 1;
    return order > 0 || (order === 0 && start?.before === true);
  });
  const ended = started.filter((document) => {
    const order = end ? difference(keysOf(document), end.values) : -1;
    return order < 0 || (order === 0 && end?.before !== true);
  });
  const rest = ended.filter((_, i) => i >= asked.offset);
  return rest.filter((_, i) => asked.limit === undefined || i < asked.limit).map(({ path }) => path);
}

// The same things as messages.

const LISTS = ['IN', 'NOT_IN', 'ARRAY_CONTAINS_ANY'];
function toFilter(tree: Tree): Filter {
  if ('join' in tree) return { compositeFilter: { op: tree.join, filters: tree.parts.map(toFilter) } };
  const { field, op, operands } = tree;
  const values = operands.map(({ value }) => value);
  const value = LISTS.includes(op) ? list(...values) : (values[0] ?? NULL);
  return { fieldFilter: { field: { fieldPath: field }, op, value } };
}
const toCursor = ({ values, before }: NonNullable<Asked['start']>): Cursor => ({
  values: values.map(({ value }) => value),
  before,
});
const toQuery = (asked: Asked): StructuredQuery => ({
  from: [{ collectionId: 'k', allDescendants: asked.isGroup }],
  ...(asked.where && { where: toFilter(asked.where) }),
  orderBy: asked.orders.map(({ field, isDown }) => ({
    field: { fieldPath: field },
    direction: isDown ? 'DESCENDING' : 'ASCENDING',
  })),
  ...(asked.start && { startAt: toCursor(asked.start) }),
  ...(asked.end && { endAt: toCursor(asked.end) }),
  offset: asked.offset,
  ...(asked.limit !== undefined && { limit: { value: asked.limit } }),
});
function toDocument({ path, has }: Held): StoredDocument {
  const fields: Record<string, Value> = {};
  for (const [field, { value }] of has) {
    if (field === 'm.c') fields.m = { mapValue: { fields: { c: value } } };
    else if (field !== '__name__') fields[field] = value;
  }
  const time = { seconds: '0', nanos: 0 };
  return { name: `${ROOT}/${path}`, fields, createTime: time, updateTime: time };
}

const some = fc.constantFrom(...DOMAIN);
const valueFor = (field: string) => (field === '__name__' ? fc.constantFrom(...NAMES) : some);
const held: fc.Arbitrary<Held[]> = fc
  .tuple(
    ...NAMES.map((name, i) =>
      fc.record({ a: fc.option(some), b: fc.option(some), 'm.c': fc.option(some) }).map((fields) => {
        const has = new Map([['__name__', name]]);
        for (const [field, value] of Object.entries(fields)) if (value) has.set(field, value);
        return { path: PATHS[i] ?? '', has };
      }),
    ),
  )
  .chain((all) => fc.shuffledSubarray(all, { minLength: 5 }));

const test: fc.Arbitrary<Tree> = fc
  .record({ field: fc.constantFrom(...FIELDS), op: fc.constantFrom(...Object.keys(TESTS)) })
  .chain(({ field, op }) =>
    fc
      .array(valueFor(field), { minLength: 1, maxLength: LISTS.includes(op) ? 3 : 1 })
      .map((operands) => ({ field, op, operands })),
  );
const trees = fc.letrec<{ tree: Tree }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 2 },
    test,
    fc.record({
      join: fc.constantFrom('AND' as const, 'OR' as const),
      parts: fc.array(tie('tree'), { minLength: 1, maxLength: 3 }),
    }),
  ),
})).tree;

const queries: fc.Arbitrary<Asked> = fc
  .shuffledSubarray(FIELDS)
  .chain((fields) =>
    fc.tuple(...fields.map((field) => fc.record({ field: fc.constant(field), isDown: fc.boolean() }))),
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
      where: fc.option(trees, { nil: undefined }),
      orders: fc.constant(orders),
      start: cursors,
      end: cursors,
      offset: fc.constantFrom(0, 0, 0, 1),
      limit: fc.constantFrom(undefined, undefined, 0, 1, 3),
      isGroup: fc.boolean(),
    });
  });

/** Most random queries are valid; which are not is the matter of another test. */
function compileOrSkip(asked: Asked) {
  try {
    return compileQuery(ROOT, toQuery(asked));
  } catch (error) {
    if (!(error instanceof FirestoreError)) throw error;
    return fc.pre(false);
  }
}

describe('any query', () => {
  it('finds what the definition says, in that order', () => {
    fc.assert(
      fc.property(held, queries, (documents, asked) => {
        const compiled = compileOrSkip(asked);
        assert.ok(compiled);
        assert.deepEqual(pathsOf(compiled.run(documents.map(toDocument))), expected(documents, asked));
      }),
      { numRuns: 6000 },
    );
  });

  it('reversed, with its cursors swapped, finds the same backwards, which is limitToLast', () => {
    fc.assert(
      fc.property(held, queries, (documents, written) => {
        const orders = written.orders.length ? written.orders : [{ field: '__name__', isDown: false }];
        const asked = { ...written, orders, offset: 0, limit: undefined };
        const flip = (cursor: Asked['start']) => cursor && { ...cursor, before: !cursor.before };
        const reversed = {
          ...asked,
          orders: orders.map(({ field, isDown }) => ({ field, isDown: !isDown })),
          start: flip(asked.end),
          end: flip(asked.start),
        };
        const [forwards, backwards] = [compileOrSkip(asked), compileOrSkip(reversed)];
        assert.ok(forwards && backwards);
        const stored = documents.map(toDocument);
        assert.deepEqual(pathsOf(backwards.run(stored)).reverse(), pathsOf(forwards.run(stored)));
      }),
      { numRuns: 2000 },
    );
  });
});
