/** Measurements of the same calls while one quantity grows. */
export interface GrowthSeries {
  /** The growing quantity, e.g. `users in the directory`. */
  readonly variable: string;
  /** The measured calls, by quantity and name. */
  readonly callsByCount: ReadonlyMap<number, Readonly<Record<string, (index: number) => unknown>>>;
  /** Names of the calls that must not get slower. */
  readonly mustStayFlat: readonly string[];
  /** Factors for the number of calls: less than 1 for slow calls, more for fast ones. */
  readonly callFactors?: Readonly<Record<string, number>>;
  close?(): Promise<void>;
}
