/** How much is measured. The full run takes about half an hour, the short one at most a minute and a half. */
export interface Sizes {
  readonly short: boolean;
  readonly verification: {
    /** Working sets: so many distinct tokens, and how many rounds of each. */
    readonly sets: readonly { readonly tokens: number; readonly rounds: number }[];
    /** Calls a round, at the most. */
    readonly calls: number;
    readonly repeats: number;
    /** Rounds that the budget of a first sight is judged by. */
    readonly firstSights: number;
  };
  readonly parts: { readonly calls: number; readonly rounds: number };
  readonly http: {
    /** Each with new processes. */
    readonly sittings: number;
    /** Seconds: V8 takes some ten thousand requests to compile what it will run. */
    readonly warmUp: number;
    /** In each sitting, all contenders in turns. */
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
    /** Hours that pass while the load takes as long as it takes. */
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
    firstSights: 60,
  },
  parts: { calls: 50_000, rounds: 9 },
  http: { sittings: 3, warmUp: 8, rounds: 8, seconds: 2 },
  // Not a multiple of ten, so that a query more or less does not hang on a millisecond.
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
    ...{ calls: 400, repeats: 1_000, firstSights: 20 },
  },
  parts: { calls: 5_000, rounds: 3 },
  http: { sittings: 1, warmUp: 4, rounds: 5, seconds: 1 },
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
