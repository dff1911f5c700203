/** A command of `gatehouse`: `functions/cli/<name>.ts` exports one by default. */
export interface Command {
  /** One line for `gatehouse --help`. */
  readonly summary: string;
  /** @returns the exit code */
  run(args: readonly string[]): Promise<number>;
}
