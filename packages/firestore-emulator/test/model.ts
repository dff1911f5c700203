import fc from 'fast-check';

/** What a transaction looks at, over one collection of documents `{n}`. */
export type Read =
  | { kind: 'get'; id: string }
  | { kind: 'query'; atLeast: number; limit: number | undefined }
  | { kind: 'count'; atLeast: number };

/** What it does then; a `set` writes what was read, so that a wrong read is seen in what follows. */
export type Effect = { kind: 'set' | 'delete' | 'add'; id: string };

export interface Plan {
  reads: Read[];
  effects: Effect[];
}

/** The naive model: the whole collection as a map, changed by one transaction after the other. */
export type World = Map<string, number>;

const IDS = ['a', 'b', 'c', 'd'];
const id = fc.constantFrom(...IDS);
const bound = fc.integer({ min: 0, max: 12 });

const read: fc.Arbitrary<Read> = fc.oneof(
  fc.record({ kind: fc.constant('get' as const), id }),
  fc.record({
    kind: fc.constant('query' as const),
    atLeast: bound,
    limit: fc.option(fc.integer({ min: 1, max: 3 }), { nil: undefined }),
  }),
  fc.record({ kind: fc.constant('count' as const), atLeast: bound }),
);

const effect: fc.Arbitrary<Effect> = fc.record({ kind: fc.constantFrom('set', 'set', 'delete', 'add'), id });

export const plan: fc.Arbitrary<Plan> = fc.record({
  reads: fc.array(read, { minLength: 0, maxLength: 4 }),
  effects: fc.array(effect, { minLength: 1, maxLength: 3 }),
});

/** What a read gives: rows of id and number in the query's order, or a count. */
export type Seen = [string, number][] | number;

export function see(world: World, look: Read): Seen {
  if (look.kind === 'get') {
    const n = world.get(look.id);
    return n === undefined ? [] : [[look.id, n]];
  }
  const rows = [...world]
    .filter(([, n]) => n >= look.atLeast)
    .sort(([one, n], [two, m]) => n - m || (one < two ? -1 : 1));
  return look.kind === 'count' ? rows.length : rows.slice(0, look.limit);
}

/** The number that a `set` writes after having seen this. */
export const digest = (seen: Seen[]): number =>
  seen
    .flatMap((one) => (typeof one === 'number' ? [one] : one.map(([, n]) => n)))
    .reduce((a, b) => a + b, 1) % 13;

export function take(world: World, effects: Effect[], seen: Seen[]): void {
  for (const { kind, id } of effects) {
    if (kind === 'delete') world.delete(id);
    else if (kind === 'set') world.set(id, digest(seen));
    else world.set(id, (world.get(id) ?? 0) + 1);
  }
}
