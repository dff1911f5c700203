/** The size of each measurement. The full run takes about half an hour, the short run at most a minute and a half. */
export interface Sizes {
  readonly short: boolean;
  readonly verification: {
    /** Sets of distinct tokens, with the number of rounds for each. */
    readonly sets: readonly { readonly tokens: number; readonly rounds: number }[];
    /** Maximum calls per round. */
    readonly calls: number;
    readonly repeats: number;
    /** Rounds for the budget of a first verification. */
    readonly firstVerifications: number;
  };
  readonly parts: { readonly calls: number; readonly rounds: number };
  readonly http: {
    /** Each repetition uses new processes. */
    readonly repetitions: number;
    /** Seconds. V8 needs some ten thousand requests to compile the hot code. */
    readonly warmUp: number;
    /** Interleaved rounds per repetition. */
    readonly rounds: number;
    readonly seconds: number;
  };
  readonly feed: { readonly loaded: number; readonly idle: number };
  readonly coldStart: { readonly rounds: number };
  readonly memory: { readonly cached: number; readonly firstSights: number };
  readonly hour: {
    readonly requests: number;
    readonly users: number;
    readonly perSecond: number;
    /** Simulated hours. */
    readonly hours: number;
  };
  readonly growth: {
    readonly calls: number;
    readonly rounds: number;
    readonly users: readonly number[];
    readonly changes: readonly number[];
    readonly issuers: readonly number[];
    readonly instances: readonly number[];
  };
}

export const FULL: Sizes = {
  short: false,
  verification: {
    sets: [
      { tokens: 1, rounds: 15 },
      { tokens: 1_000, rounds: 7 },
      { tokens: 100_000, rounds: 3 },
    ],
    calls: 10_000,
    repeats: 4_000,
    firstVerifications: 60,
  },
  parts: { calls: 50_000, rounds: 9 },
  http: { repetitions: 3, warmUp: 8, rounds: 8, seconds: 2 },
  // Not a multiple of ten, so that the number of queries does not depend on a millisecond.
  feed: { loaded: 28, idle: 12 },
  coldStart: { rounds: 15 },
  memory: { cached: 1_000_000, firstSights: 1_000_000 },
  hour: { requests: 300_000, users: 4_000, perSecond: 1_500, hours: 1.25 },
  growth: {
    ...{ calls: 20_000, rounds: 7 },
    users: [100, 10_000, 100_000],
    changes: [0, 100, 10_000, 100_000],
    issuers: [1, 10, 50],
    instances: [1, 10, 100, 1_000],
  },
};

export const SHORT: Sizes = {
  short: true,
  verification: {
    sets: [
      { tokens: 1, rounds: 3 },
      { tokens: 400, rounds: 3 },
    ],
    ...{ calls: 400, repeats: 1_000, firstVerifications: 20 },
  },
  parts: { calls: 5_000, rounds: 3 },
  http: { repetitions: 1, warmUp: 4, rounds: 5, seconds: 1 },
  feed: { loaded: 3, idle: 2 },
  coldStart: { rounds: 3 },
  memory: { cached: 50_000, firstSights: 3_000 },
  hour: { requests: 2_000, users: 100, perSecond: 200, hours: 0.25 },
  growth: {
    ...{ calls: 2_000, rounds: 3 },
    users: [100, 1_000],
    changes: [0, 100, 10_000],
    issuers: [1, 10, 50],
    instances: [1, 10],
  },
};
