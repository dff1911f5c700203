/** One line of the report. `budget` and `value` in the same unit. */
export interface Result {
  readonly what: string;
  readonly value: string;
  readonly budget: string;
  readonly kept: boolean;
}

/** Median of the samples. */
export function median(samples: readonly number[]): number {
  const sorted = [...samples].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

/** Microseconds per call: the median of `rounds` rounds of `calls` calls, after one round that is not counted. */
export async function microseconds(
  run: (index: number) => unknown,
  { calls, rounds = 7 }: { calls: number; rounds?: number },
): Promise<number> {
  const samples: number[] = [];
  for (let round = 0; round <= rounds; round++) {
    const start = process.hrtime.bigint();
    for (let index = 0; index < calls; index++) await run(round * calls + index);
    const each = Number(process.hrtime.bigint() - start) / 1000 / calls;
    if (round > 0) samples.push(each);
  }
  return median(samples);
}

export const us = (value: number): string => `${value.toFixed(1)} µs`;
export const times = (value: number): string => `${value.toFixed(2)}×`;
