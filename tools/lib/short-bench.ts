import { existsSync, readFileSync, rmSync } from 'node:fs';
import type { Verdict } from '../../bench/lib/report.ts';
import { ROOT } from './emulator-setup.ts';
import { check, failure, type Outcome } from './outcome.ts';
import { functionsBin, run } from './run.ts';
import type { Job } from './stage.ts';

const TIMEOUT_MS = 5 * 60_000;

/** The short benchmark. Each ratio is a test with twice its budget, so that it reports regressions but not noise. */
export async function bench({ print }: Job): Promise<Outcome> {
  const out = `${ROOT}/.gatehouse/bench.json`;
  rmSync(out, { force: true });
  await run('node', ['tools/bench.ts', '--short', `--out=${out}`], { cwd: ROOT, timeout: TIMEOUT_MS, print });
  if (!existsSync(out)) return failure('the benchmark did not complete');
  const types = await check(print, [functionsBin('tsc'), '-p', 'bench/tsconfig.json']);
  const { verdicts, failed } = JSON.parse(readFileSync(out, 'utf8')) as {
    verdicts: Verdict[];
    failed: string[];
  };
  const looked = verdicts.filter(({ limit }) => limit !== undefined);
  const missed = looked.filter(({ met }) => !met);
  return {
    passed: types.passed + looked.length - missed.length,
    failed: types.failed + missed.length + failed.length,
    skipped: 0,
    notes: [
      ...types.notes,
      ...missed.map(({ what, text }) => `${what}: ${text[0]}, allowed is ${text[1]}`),
      ...failed.map((name) => `the measurement ${name} did not complete`),
    ],
  };
}
