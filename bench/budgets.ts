/**
 * The limits for all measurements.
 *
 * `ratio`: of two figures of one run. Valid on any machine. The short run allows twice the limit.
 * `count`: the same on every machine, also in the short run. `absolute`: time or memory. The short run does not check it.
 */
export interface Budget {
  readonly what: string;
  readonly kind: 'ratio' | 'count' | 'absolute';
  readonly limit: number;
  readonly unit: '×' | 'µs' | 'MB' | 'MiB' | 's' | 'calls' | '';
  /** The limit is a minimum. */
  readonly atLeast?: true;
  /** Not met yet, and another issue has to meet it: a miss is reported as `open`, and the run does not fail. */
  readonly open?: true;
}

export const BUDGETS = {
  cacheHit: { what: 'cache hit for a verified token, CPU time', kind: 'absolute', limit: 5, unit: 'µs' },
  cacheHitPeers: {
    what: 'fastest library without a cache, relative to a cache hit',
    ...{ kind: 'ratio', limit: 10, unit: '×', atLeast: true },
  },
  firstVerification: {
    what: 'first verification, relative to firebase-admin alone',
    ...{ kind: 'ratio', limit: 1, unit: '×' },
  },
  bareExpress: {
    what: 'throughput of GET /v1/me, relative to bare Express',
    ...{ kind: 'ratio', limit: 0.75, unit: '×', atLeast: true },
  },
  auth0: {
    what: 'throughput of GET /v1/me, relative to express-oauth2-jwt-bearer',
    ...{ kind: 'ratio', limit: 2.3, unit: '×', atLeast: true },
  },
  verifyIdToken: {
    what: 'throughput of GET /v1/me, relative to verifyIdToken(token, true)',
    ...{ kind: 'ratio', limit: 8, unit: '×', atLeast: true },
  },
  cookie: {
    what: 'request by session cookie, relative to one by bearer token',
    ...{ kind: 'ratio', limit: 1.2, unit: '×' },
  },
  coldStart: { what: 'cold start, relative to hello world', kind: 'ratio', limit: 1.2, unit: '×' },
  authenticatedColdStart: {
    what: 'cold start to the first authenticated response, relative to hello world',
    ...{ kind: 'ratio', limit: 1.6, unit: '×', open: true },
  },
  idleMemory: { what: 'resident memory of an idle api', kind: 'absolute', limit: 110, unit: 'MB' },
  flatMemory: { what: 'heap growth', kind: 'absolute', limit: 3, unit: 'MiB' },
  flatCost: { what: 'slowest relative to fastest', kind: 'ratio', limit: 1.5, unit: '×' },
  feedQueries: { what: 'revocation feed queries, 1 in 10 s', kind: 'count', limit: 3, unit: 'calls' },
  otherCalls: { what: 'calls to Firebase Auth and key endpoints', kind: 'count', limit: 0, unit: 'calls' },
  idleCalls: { what: 'calls without requests', kind: 'count', limit: 0, unit: 'calls' },
  stalePassed: { what: 'longest time an outdated token is accepted', kind: 'count', limit: 10, unit: 's' },
  feedRate: { what: 'simulated feed queries in 10 s per instance', kind: 'count', limit: 1, unit: '' },
  burstReads: { what: 'reads of one change per instance', kind: 'count', limit: 4, unit: '' },
  ordinaryReads: { what: 'reads of an ordinary request', kind: 'count', limit: 0, unit: '' },
  privilegedReads: { what: 'reads of a privileged request', kind: 'count', limit: 1, unit: '' },
  roleChangeWrites: { what: 'writes of a role change', kind: 'count', limit: 4, unit: '' },
} as const satisfies Record<string, Budget>;

export type BudgetName = keyof typeof BUDGETS;

/** The limit in a full or short run. `undefined`: the run does not check it. */
export function limitOf(name: BudgetName, short: boolean): number | undefined {
  const { kind, limit, atLeast }: Budget = BUDGETS[name];
  if (!short || kind === 'count') return limit;
  if (kind === 'absolute') return undefined;
  return atLeast ? limit / 2 : limit * 2;
}

/** Whether a value is within its budget. False for NaN. */
export function isMet(name: BudgetName, value: number, limit: number): boolean {
  const { atLeast }: Budget = BUDGETS[name];
  return atLeast ? value >= limit : value <= limit;
}
