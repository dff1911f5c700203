import fc from 'fast-check';
import { caseCount } from '../../../functions/test/helpers/random-cases.ts';
import { list } from '../test/query-helpers.ts';
import type { Value } from '../value.ts';
import { assertSame, type Both, compareAtRandom, itCompares } from './both.ts';
import { anyField, anyFields, anyValue, FIELDS, IDS, mostlyValid } from './values.ts';

/** Stands for the root of the database, which is another one in each case. */
const ROOT = '@root';
const PATHS = [...IDS.map((id) => `k/${id}`), 'k/a/k/b', 'k/a/k/c', 'k/a/z/c', 'z/a', 'z/a/k/a'];

const UNARY = ['IS_NULL', 'IS_NAN', 'IS_NOT_NULL', 'IS_NOT_NAN'];
const LISTS = ['IN', 'NOT_IN', 'ARRAY_CONTAINS_ANY'];
const OPERATORS = [
  ...['LESS_THAN', 'LESS_THAN_OR_EQUAL', 'GREATER_THAN', 'GREATER_THAN_OR_EQUAL'],
  ...['EQUAL', 'EQUAL', 'EQUAL', 'NOT_EQUAL', 'ARRAY_CONTAINS', ...LISTS],
];

const value = mostlyValid(ROOT);
const reference = fc.constantFrom(...PATHS).map((path): Value => ({ referenceValue: `${ROOT}/${path}` }));
const rarely = <T>(usual: fc.Arbitrary<T>, rare: fc.Arbitrary<T>) =>
  fc.oneof({ weight: 30, arbitrary: usual }, { weight: 1, arbitrary: rare });
const nameOperand: fc.Arbitrary<Value> = rarely(reference, value);
const field = fc.oneof({ weight: 6, arbitrary: anyField }, { weight: 1, arbitrary: fc.constant('__name__') });

const condition = field.chain((fieldPath): fc.Arbitrary<object> => {
  const operand = fieldPath === '__name__' ? nameOperand : value;
  const many = rarely(
    fc.array(operand, { minLength: 1, maxLength: 4 }),
    fc.tuple(operand, fc.constantFrom(0, 11, 30, 31)).map(([one, length]) => Array(length).fill(one)),
  ).map((values) => list(...values));
  return fc.oneof(
    {
      weight: 6,
      arbitrary: fc.constantFrom(...OPERATORS).chain((op) =>
        rarely(LISTS.includes(op) ? many : operand, operand).map((value) => ({
          fieldFilter: { field: { fieldPath }, op, value },
        })),
      ),
    },
    {
      weight: 1,
      arbitrary: fc.constantFrom(...UNARY).map((op) => ({ unaryFilter: { field: { fieldPath }, op } })),
    },
  );
});
const filter = fc.letrec<{ filter: object }>((tie) => ({
  filter: fc.oneof(
    { maxDepth: 2 },
    { weight: 3, arbitrary: condition },
    {
      weight: 1,
      arbitrary: fc.record({
        compositeFilter: fc.record({
          op: fc.constantFrom('AND', 'AND', 'OR'),
          filters: fc.oneof(
            { weight: 30, arbitrary: fc.array(tie('filter'), { minLength: 1, maxLength: 3 }) },
            { weight: 1, arbitrary: fc.constant([]) },
          ),
        }),
      }),
    },
  ),
})).filter;

/** Mostly distinct fields, with `__name__` as the last one; sometimes any. */
const orders = fc
  .oneof(
    {
      weight: 12,
      arbitrary: fc
        .tuple(fc.shuffledSubarray(FIELDS, { maxLength: 2 }), fc.boolean())
        .map(([fields, withName]) => (withName ? [...fields, '__name__'] : fields)),
    },
    { weight: 1, arbitrary: fc.array(field, { maxLength: 4 }) },
  )
  .chain((fields) =>
    fc.tuple(
      ...fields.map((fieldPath) =>
        fc.record({
          field: fc.constant({ fieldPath }),
          direction: fc.constantFrom('ASCENDING', 'ASCENDING', 'DESCENDING'),
        }),
      ),
    ),
  );

const anyQuery = orders.chain((orderBy) => {
  const cursor = fc
    .tuple(...orderBy.map(({ field }) => (field.fieldPath === '__name__' ? nameOperand : value)), value)
    .chain((values) =>
      fc.record({
        values: rarely(
          fc.nat({ max: orderBy.length }).map((length) => values.slice(0, length)),
          fc.constant(values),
        ),
        before: fc.boolean(),
      }),
    );
  return fc.record(
    {
      from: rarely(
        fc.constantFrom<object[]>([{ collectionId: 'k' }], [{ collectionId: 'k', allDescendants: true }]),
        fc.constantFrom<object[]>([], [{}], [{ allDescendants: true }], [{ collectionId: '__x__' }]),
      ),
      where: filter,
      orderBy: fc.constant(orderBy),
      startAt: cursor,
      endAt: cursor,
      offset: rarely(fc.constantFrom(0, 0, 1, 2), fc.constant(-1)),
      limit: rarely(fc.constantFrom(0, 1, 3), fc.constant(-1)).map((limit) => ({ value: limit })),
      select: fc.array(field, { minLength: 1, maxLength: 2 }).map((fields) => ({
        fields: fields.map((fieldPath) => ({ fieldPath })),
      })),
    },
    { requiredKeys: ['from', 'orderBy'] },
  );
});

const aggregations = fc.array(
  fc.oneof(
    fc.constant({ count: {} }),
    fc.record({ count: fc.constantFrom(1, 3).map((upTo) => ({ upTo: { value: String(upTo) } })) }),
    fc.record({ sum: fc.record({ field: field.map((fieldPath) => ({ fieldPath })) }) }),
    fc.record({ avg: fc.record({ field: field.map((fieldPath) => ({ fieldPath })) }) }),
  ),
  { minLength: 1, maxLength: 3 },
);

const documentSets = fc
  .tuple(...PATHS.map((path) => fc.record({ path: fc.constant(path), fields: anyFields(anyValue(ROOT)) })))
  .chain((all) => fc.subarray(all, { minLength: 3 }));

const inRoot = fc.constantFrom('', '', '', '', '/k/a');
const cases = fc.record({
  documents: documentSets,
  queries: fc.array(fc.record({ query: anyQuery, below: inRoot }), { minLength: 3, maxLength: 8 }),
  aggregated: fc.array(fc.record({ query: anyQuery, aggregations }), { maxLength: 3 }),
});

/** Puts the root of a database into a message. */
function at<T extends object>(root: string, message: T): T {
  const put = (part: unknown): unknown => {
    if (typeof part === 'string') return part.replace(ROOT, root);
    if (typeof part !== 'object' || part === null || Buffer.isBuffer(part)) return part;
    if (Array.isArray(part)) return part.map(put);
    return Object.fromEntries(Object.entries(part).map(([key, inner]) => [key, put(inner)]));
  };
  return put(message) as T;
}

async function compare({ embedded, official }: Both, method: string, request: object): Promise<void> {
  const sent = at(embedded.raw.documents, request);
  const [mine, theirs] = await Promise.all([embedded.ask(method, sent), official.ask(method, sent)]);
  assertSame(mine, theirs, sent);
}

describe('embedded Firestore compared with Google’s emulator', () => {
  itCompares('answers random queries and aggregations alike', () =>
    compareAtRandom(cases, caseCount(600), async (both, { documents, queries, aggregated }) => {
      const writes = documents.map(({ path, fields }) => ({ update: { name: `${ROOT}/${path}`, fields } }));
      await compare(both, 'Commit', { database: both.embedded.raw.database, writes });
      for (const { query, below } of queries) {
        await compare(both, 'RunQuery', { parent: `${ROOT}${below}`, structuredQuery: query });
      }
      for (const { query, aggregations } of aggregated) {
        const structuredAggregationQuery = { structuredQuery: query, aggregations };
        await compare(both, 'RunAggregationQuery', { parent: ROOT, structuredAggregationQuery });
      }
    }),
  );
});
