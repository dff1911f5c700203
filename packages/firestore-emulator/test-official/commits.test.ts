import fc from 'fast-check';
import { caseCount } from '../../../functions/test/helpers/random-cases.ts';
import { double, int, NULL, text } from '../test/query-helpers.ts';
import type { Value } from '../value.ts';
import {
  type Answer,
  assertSame,
  type Both,
  compareAtRandom,
  compareOnce,
  itCompares,
  type Side,
} from './both.ts';
import { anyField, anyFields, IDS, mostlyValid } from './values.ts';

const DOCUMENTS = ['k/a', 'k/b', 'k/a/s/x', 'z/a'];
const BAD_NAMES = ['k', 'k/__x__', '__x__/a', 'k/..', 'k//a', 'k/__id0__'];

// No references: their database is another one in each case. An empty key is a difference that README.md names.
const value = mostlyValid('projects/p/databases/d/documents').filter(
  ({ mapValue }) => !Object.hasOwn(mapValue?.fields ?? {}, ''),
);
const rarely = <T>(usual: fc.Arbitrary<T>, rare: fc.Arbitrary<T>) =>
  fc.oneof({ weight: 30, arbitrary: usual }, { weight: 1, arbitrary: rare });
const path = rarely(
  fc.constantFrom(...DOCUMENTS),
  fc.constantFrom(...BAD_NAMES, ...IDS.map((id) => `k/${id}`)),
);

const NUMBERS: Value[] = [
  ...[int(1), int(-1), int(0), double(0.5), double(-0), double(Number.NaN), double(Number.POSITIVE_INFINITY)],
  ...[int('9223372036854775807'), int('-9223372036854775808'), double(2 ** 53)],
];
const number = rarely(fc.constantFrom(...NUMBERS), fc.constantFrom<Value>(text('x'), NULL, {}));
// Arrays in arrays and transforms of `__name__` are differences that README.md names.
const transformed = anyField.filter((path) => !path.includes('__name__'));
const elements = fc
  .array(
    value.filter(({ arrayValue, mapValue }) => !arrayValue && !mapValue),
    { maxLength: 3 },
  )
  .map((values) => ({ values }));
const transform = fc
  .oneof(
    ...['increment', 'maximum', 'minimum'].map((key) => number.map((by) => ({ [key]: by }))),
    ...['appendMissingElements', 'removeAllFromArray'].map((key) => elements.map((all) => ({ [key]: all }))),
    fc.constant({ setToServerValue: 'REQUEST_TIME' }),
    fc.constant({}),
  )
  .chain((operation) => transformed.map((fieldPath) => ({ fieldPath, ...operation })));
const transforms = fc.array(transform, { minLength: 1, maxLength: 3 });

/** The update time is that of the document as last read, which each server has its own of. */
type Condition = { exists: boolean } | { updateTime: 'current' | object };
const condition = fc.oneof<fc.Arbitrary<Condition>[]>(
  fc.boolean().map((exists) => ({ exists })),
  fc.constant({ updateTime: 'current' }),
  fc
    .constantFrom({ seconds: '1' }, { seconds: '1', nanos: 1 }, { nanos: -1 })
    .map((updateTime) => ({ updateTime })),
);

const content = fc.oneof(
  fc.record({ fields: anyFields(value) }),
  fc.record({ fields: anyFields(value), mask: fc.array(anyField, { maxLength: 3 }) }),
);
const write = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record(
      { kind: fc.constant('update' as const), path, content, transforms, condition },
      { requiredKeys: ['kind', 'path', 'content'] },
    ),
  },
  {
    weight: 1,
    arbitrary: fc.record(
      { kind: fc.constant('transform' as const), path, transforms, condition },
      { requiredKeys: ['kind', 'path', 'transforms'] },
    ),
  },
  {
    weight: 1,
    arbitrary: fc.record(
      { kind: fc.constant('delete' as const), path, condition },
      { requiredKeys: ['kind', 'path'] },
    ),
  },
);
type PlannedWrite = typeof write extends fc.Arbitrary<infer T> ? T : never;

const writes = rarely(fc.array(write, { minLength: 1, maxLength: 2 }), fc.array(write, { maxLength: 4 }));
const read = fc.oneof(
  fc.array(path, { minLength: 1, maxLength: 3 }).map((paths) => ({ get: paths })),
  fc.constantFrom('k', 's', 'z').map((collectionId) => ({ query: collectionId })),
  fc.constantFrom('k', 'z').map((collectionId) => ({ count: collectionId })),
);
type Read = typeof read extends fc.Arbitrary<infer T> ? T : never;

const step = fc.oneof(
  { weight: 5, arbitrary: writes.map((all) => ({ commit: all })) },
  { weight: 1, arbitrary: writes.map((all) => ({ batch: all })) },
  { weight: 1, arbitrary: read.map((one) => ({ read: one })) },
  { weight: 1, arbitrary: fc.constantFrom('', 'k', 'z').map((collectionId) => ({ list: collectionId })) },
  {
    weight: 3,
    arbitrary: fc.record({
      transaction: fc.record({
        isReadOnly: rarely(fc.constant(false), fc.constant(true)),
        reads: fc.array(read, { maxLength: 3 }),
        writes: fc.option(writes, { nil: undefined }),
        again: fc.boolean(),
      }),
    }),
  },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

function toWrite(side: Side, planned: PlannedWrite): object {
  const name = side.raw.name(planned.path);
  const { condition } = planned;
  const updateTime = condition && 'updateTime' in condition && condition.updateTime;
  const current = side.updateTimes.get(name) ?? { seconds: '1' };
  const currentDocument = updateTime === 'current' ? { updateTime: current } : condition;
  const rest = { ...(currentDocument && { currentDocument }) };
  if (planned.kind === 'delete') return { delete: name, ...rest };
  if (planned.kind === 'transform') {
    return { transform: { document: name, fieldTransforms: planned.transforms }, ...rest };
  }
  const { content, transforms } = planned;
  const mask = 'mask' in content && { updateMask: { fieldPaths: content.mask } };
  const more = { ...mask, ...(transforms && { updateTransforms: transforms }) };
  return { update: { name, fields: content.fields }, ...more, ...rest };
}

function readOn(side: Side, read: Read, transaction?: Buffer): Promise<Answer> {
  const { database, documents: parent } = side.raw;
  const inTransaction = transaction && { transaction };
  if ('get' in read) {
    const documents = read.get.map((path) => side.raw.name(path));
    return side.ask('BatchGetDocuments', { database, documents, ...inTransaction });
  }
  const collectionId = 'query' in read ? read.query : read.count;
  const structuredQuery = { from: [{ collectionId, allDescendants: true }] };
  if ('query' in read) return side.ask('RunQuery', { parent, structuredQuery, ...inTransaction });
  const structuredAggregationQuery = { structuredQuery, aggregations: [{ count: {} }] };
  return side.ask('RunAggregationQuery', { parent, structuredAggregationQuery, ...inTransaction });
}

/** One after the other: Google's emulator would let a transaction wait for another one's locks. */
async function runStep(side: Side, step: Step): Promise<Answer[]> {
  const { database, documents: parent } = side.raw;
  const toWrites = (all: PlannedWrite[]) => all.map((one) => toWrite(side, one));
  if ('commit' in step) return [await side.ask('Commit', { database, writes: toWrites(step.commit) })];
  if ('batch' in step) return [await side.ask('BatchWrite', { database, writes: toWrites(step.batch) })];
  if ('read' in step) return [await readOn(side, step.read)];
  if ('list' in step) {
    return [
      step.list
        ? await side.ask('ListDocuments', { parent, collectionId: step.list, showMissing: true })
        : await side.ask('ListCollectionIds', { parent }),
    ];
  }
  const { isReadOnly, reads, writes, again } = step.transaction;
  const options = isReadOnly ? { readOnly: {} } : { readWrite: {} };
  const { transaction } = await side.raw.call('BeginTransaction', { database, options });
  const answers: Answer[] = [];
  for (const one of reads) answers.push(await readOn(side, one, transaction));
  const end = () =>
    writes
      ? side.ask('Commit', { database, transaction, writes: toWrites(writes) })
      : side.ask('Rollback', { database, transaction });
  answers.push(await end());
  if (again) answers.push(await end());
  await side.ask('Rollback', { database, transaction }); // an invalid commit leaves the transaction and its locks
  return answers;
}

async function compareStep({ embedded, official }: Both, step: Step): Promise<void> {
  const [mine, theirs] = await Promise.all([runStep(embedded, step), runStep(official, step)]);
  for (const [i, answer] of mine.entries()) assertSame(answer, theirs[i] ?? { answer: 'none' }, step);
}

async function compareSteps(both: Both, steps: readonly Step[]): Promise<void> {
  for (const step of steps) {
    await compareStep(both, step);
    await compareStep(both, { read: { get: DOCUMENTS } });
  }
}

const put = (path: string): PlannedWrite => ({ kind: 'update', path, content: { fields: {} } });

describe('embedded Firestore compared with Google’s emulator', () => {
  itCompares('applies random writes and transactions alike', () =>
    compareAtRandom(fc.array(step, { minLength: 4, maxLength: 12 }), caseCount(600), compareSteps),
  );

  itCompares('lists a deleted document that has a subcollection alike', () => {
    const steps: Step[] = [
      { commit: [put('k/a')] },
      { commit: [{ kind: 'delete', path: 'k/a' }] },
      { commit: [put('k/a/s/x')] },
      { list: 'k' },
    ];
    return compareOnce((both) => compareSteps(both, steps));
  });
});
