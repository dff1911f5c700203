/**
 * Contenders in turns, A B C A B C: whatever the machine does meanwhile, it does to all of them.
 *
 * @param warmUp rounds before those that count
 */
export async function inTurns<Name extends string, Sample>(
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

/** Microseconds per call, by the clock and by the CPU time of the whole process, its other threads included. */
export interface PerCall {
  readonly wall: number;
  readonly cpu: number;
}

/** @param run may give a promise, which is waited for; one call at a time */
export async function perCall(calls: number, run: (index: number) => unknown): Promise<PerCall> {
  // What others have left behind is not this one's to clear away. A single call would pay for the clearing itself.
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
