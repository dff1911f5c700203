/**
 * What measurements are held against: design §9, and the promises that follow from it. Nowhere else is a limit.
 *
 * `ratio`: of two figures of one run; it holds on any machine, and the short run allows twice as much.
 * `count`: the same everywhere, also in a short run. `absolute`: time or memory; the short run does not look at it.
 */
export interface Budget {
  readonly what: string;
  readonly kind: 'ratio' | 'count' | 'absolute';
  readonly limit: number;
  readonly unit: '×' | 'µs' | 'MB' | 'MiB' | 's' | 'calls' | '';
  /** Is more than the limit good? */
  readonly atLeast?: true;
}

export const BUDGETS = {
  recognise: { what: 'recognising a token seen before', kind: 'absolute', limit: 5, unit: 'µs' },
  recognisePeers: {
    what: 'the fastest peer that verifies it again, against that',
    ...{ kind: 'ratio', limit: 10, unit: '×', atLeast: true },
  },
  // Not a ratio for the short run: fast-jwt hashes a token as we do, and a hash is most of either.
  recogniseCache: {
    what: 'fast-jwt with its cache on, against that',
    ...{ kind: 'absolute', limit: 10, unit: '×', atLeast: true },
  },
  firstSight: {
    what: 'first verification, against 1.5 × crypto.verify + what firebase-admin adds',
    ...{ kind: 'ratio', limit: 1, unit: '×' },
  },
  bareExpress: {
    what: 'throughput of GET /v1/me against bare Express',
    ...{ kind: 'ratio', limit: 0.9, unit: '×', atLeast: true },
  },
  auth0: {
    what: 'throughput of GET /v1/me against express-oauth2-jwt-bearer',
    ...{ kind: 'ratio', limit: 2.5, unit: '×', atLeast: true },
  },
  coldStart: { what: 'cold start against hello world', kind: 'ratio', limit: 1.25, unit: '×' },
  idleMemory: { what: 'resident memory of an idle api', kind: 'absolute', limit: 110, unit: 'MB' },
  flatMemory: { what: 'growth of the heap', kind: 'absolute', limit: 3, unit: 'MiB' },
  flatCost: { what: 'the dearest against the cheapest', kind: 'ratio', limit: 1.5, unit: '×' },
  feedQueries: { what: 'queries for access changes, 1 in 10 s', kind: 'count', limit: 3, unit: 'calls' },
  otherCalls: { what: 'calls to Firebase Auth and for keys', kind: 'count', limit: 0, unit: 'calls' },
  idleCalls: { what: 'calls while no request comes', kind: 'count', limit: 0, unit: 'calls' },
  stalePassed: { what: 'an outdated token passes for at most', kind: 'count', limit: 10, unit: 's' },
  feedRate: { what: 'queries in 10 s per instance, simulated', kind: 'count', limit: 1, unit: '' },
  burstReads: { what: 'reads of a change by one instance', kind: 'count', limit: 4, unit: '' },
  ordinaryReads: { what: 'reads of an ordinary request', kind: 'count', limit: 0, unit: '' },
  privilegedReads: { what: 'reads of a privileged request', kind: 'count', limit: 1, unit: '' },
  roleChangeWrites: { what: 'writes of a role change', kind: 'count', limit: 4, unit: '' },
} as const satisfies Record<string, Budget>;

export type BudgetName = keyof typeof BUDGETS;

/** The limit in a run; `undefined`: not looked at in this one. */
export function limitOf(name: BudgetName, short: boolean): number | undefined {
  const { kind, limit, atLeast }: Budget = BUDGETS[name];
  if (!short || kind === 'count') return limit;
  if (kind === 'absolute') return undefined;
  return atLeast ? limit / 2 : limit * 2;
}

/** Does a value keep its budget? A figure that is none never does. */
export function isKept(name: BudgetName, value: number, limit: number): boolean {
  const { atLeast }: Budget = BUDGETS[name];
  return atLeast ? value >= limit : value <= limit;
}
