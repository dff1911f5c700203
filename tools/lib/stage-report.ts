import { type Outcome, sum } from './outcome.ts';
import type { Print } from './run.ts';

/** A stage's row in the summary. */
export interface Row extends Outcome {
  name: string;
  seconds: number;
}

/** The output of stages that run at the same time: each is printed whole when its stage ends. */
export class StageOutput {
  readonly #kept = new Map<string, (Uint8Array | string)[]>();
  readonly #isLive: boolean;

  /** @param isLive print at once, because only one stage runs */
  constructor(isLive: boolean) {
    this.#isLive = isLive;
    // An interrupted run prints the output of its unfinished stages.
    process.once('exit', () => {
      for (const name of this.#kept.keys()) this.end(name);
    });
  }

  /** @returns where the stage prints to */
  begin(name: string): Print {
    if (this.#isLive) {
      console.log(`\n=== ${name}`);
      return (chunk) => void process.stdout.write(chunk);
    }
    console.log(`${name} has started`);
    const chunks: (Uint8Array | string)[] = [];
    this.#kept.set(name, chunks);
    return (chunk) => void chunks.push(chunk);
  }

  end(name: string): void {
    const chunks = this.#kept.get(name);
    if (chunks === undefined) return;
    this.#kept.delete(name);
    process.stdout.write(`\n=== ${name}\n`);
    for (const chunk of chunks) process.stdout.write(chunk);
  }
}

/** The table of all stages, the reasons why others did not run, and the total that CI reads. */
export function summarize(rows: readonly Row[], omitted: ReadonlyMap<string, string>): string {
  const lines = rows.map(({ name, passed, failed, skipped, seconds, notes }) => {
    const numbers = [passed, failed, skipped, seconds.toFixed(1)].map((n) => String(n).padStart(9));
    return [name.padEnd(14), ...numbers, ...notes.map((note) => `\n    ${note}`)].join('');
  });
  const reasons = Map.groupBy(omitted.keys(), (name) => omitted.get(name));
  const { passed, failed, skipped } = sum(rows);
  return [
    '\n=== summary',
    'stage            passed   failed  skipped  seconds',
    ...lines,
    ...[...reasons].map(([reason, names]) => `${reason}: ${names.join(', ')}`),
    `\n${passed} passed, ${failed} failed, ${skipped} skipped`,
  ].join('\n');
}
