/**
 * Runs the compared candidates in interleaved rounds, A B C A B C, so that other load on the machine affects all of them.
 *
 * @param warmUp number of rounds before the measured ones
 */
export async function runInterleaved<Name extends string, Sample>(
  names: readonly Name[],
  run: (name: Name, round: number) => Sample | Promise<Sample>,
  { rounds, warmUp = 0 }: { rounds: number; warmUp?: number },
): Promise<Readonly<Record<Name, readonly Sample[]>>> {
  const samples = Object.fromEntries(names.map((name) => [name, [] as Sample[]])) as Record<Name, Sample[]>;
  for (let round = -warmUp; round < rounds; round++) {
    for (const name of names) {
      const sample = await run(name, round + warmUp);
      if (round >= 0) samples[name].push(sample);
    }
  }
  return samples;
}

/** Microseconds per call: wall-clock time, and CPU time of all threads of the process. */
export interface PerCall {
  readonly wall: number;
  readonly cpu: number;
}

/** Measures calls of `run`, one at a time. Promises are awaited. */
export async function measureCalls(calls: number, run: (index: number) => unknown): Promise<PerCall> {
  // Collect the garbage of earlier measurements first. Not for a single call, which would be slower for it.
  if (calls > 1) globalThis.gc?.();
  const cpuBefore = process.cpuUsage();
  const begin = process.hrtime.bigint();
  for (let index = 0; index < calls; index++) {
    const result = run(index);
    if (result instanceof Promise) await result;
  }
  const wall = Number(process.hrtime.bigint() - begin) / 1000;
  const { user, system } = process.cpuUsage(cpuBefore);
  return { wall: wall / calls, cpu: (user + system) / calls };
}
