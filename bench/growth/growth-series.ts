/** One thing that grows. */
export interface Growing {
  /** What there is more of, e.g. `users in the directory`. */
  readonly of: string;
  /** By how many there are: what a call does then, for each thing that is measured. */
  readonly at: ReadonlyMap<number, Readonly<Record<string, (index: number) => unknown>>>;
  /** Names of those that may not grow. */
  readonly flat: readonly string[];
  /** Fewer calls for what is slow, more for what is over at once: how many times the usual number. */
  readonly shares?: Readonly<Record<string, number>>;
  close?(): Promise<void>;
}
