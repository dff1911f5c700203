import fc from 'fast-check';

/** One read of a transaction, in a collection of documents `{n}`. */
export type Read =
  | { kind: 'get'; id: string }
  | { kind: 'query'; atLeast: number; limit: number | undefined }
  | { kind: 'count'; atLeast: number };

/** One write of a transaction. A `set` writes a checksum of the reads, so that a wrong read changes later results. */
export type PlannedWrite = { kind: 'set' | 'delete' | 'add'; id: string };

export interface TransactionPlan {
  reads: Read[];
  writes: PlannedWrite[];
}

/** The reference model: the collection as a map, changed by one transaction after the other. */
export type ModelData = Map<string, number>;

const IDS = ['a', 'b', 'c', 'd'];
const id = fc.constantFrom(...IDS);
const bound = fc.integer({ min: 0, max: 12 });

const anyRead: fc.Arbitrary<Read> = fc.oneof(
  fc.record({ kind: fc.constant('get' as const), id }),
  fc.record({
    kind: fc.constant('query' as const),
    atLeast: bound,
    limit: fc.option(fc.integer({ min: 1, max: 3 }), { nil: undefined }),
  }),
  fc.record({ kind: fc.constant('count' as const), atLeast: bound }),
);

const anyWrite: fc.Arbitrary<PlannedWrite> = fc.record({
  kind: fc.constantFrom('set', 'set', 'delete', 'add'),
  id,
});

export const anyPlan: fc.Arbitrary<TransactionPlan> = fc.record({
  reads: fc.array(anyRead, { minLength: 0, maxLength: 4 }),
  writes: fc.array(anyWrite, { minLength: 1, maxLength: 3 }),
});

/** The result of a read: rows of id and number in the query's order, or a count. */
export type ReadResult = [string, number][] | number;

export function readModel(data: ModelData, read: Read): ReadResult {
  if (read.kind === 'get') {
    const n = data.get(read.id);
    return n === undefined ? [] : [[read.id, n]];
  }
  const rows = [...data]
    .filter(([, n]) => n >= read.atLeast)
    .sort(([one, n], [two, m]) => n - m || (one < two ? -1 : 1));
  return read.kind === 'count' ? rows.length : rows.slice(0, read.limit);
}

/** The number that a `set` writes after these reads. */
export const checksum = (results: ReadResult[]): number =>
  results
    .flatMap((one) => (typeof one === 'number' ? [one] : one.map(([, n]) => n)))
    .reduce((a, b) => a + b, 1) % 13;

export function applyWrites(data: ModelData, writes: PlannedWrite[], results: ReadResult[]): void {
  for (const { kind, id } of writes) {
    if (kind === 'delete') data.delete(id);
    else if (kind === 'set') data.set(id, checksum(results));
    else data.set(id, (data.get(id) ?? 0) + 1);
  }
}
