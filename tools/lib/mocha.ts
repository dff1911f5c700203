import { existsSync, globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Counts } from './counting-reporter.ts';
import { ROOT } from './emulator-setup.ts';
import { failure, type Outcome, sum, withNote } from './outcome.ts';
import { FUNCTIONS, functionsBin, type Print, run } from './run.ts';

const TIMEOUT_MS = 15 * 60_000;
const FIXED_SEED = join(import.meta.dirname, 'fixed-seed.ts');
const REPORTER = join(import.meta.dirname, 'counting-reporter.ts');
const NOTHING: Outcome = { passed: 0, failed: 0, skipped: 0, notes: [] };

export interface MochaRun {
  /** Absolute paths of test files. */
  files: readonly string[];
  /** Mocha's options `--grep`, `--fgrep` and `--invert`. With them, it is no failure if no test matches. */
  filter: readonly string[];
  env: NodeJS.ProcessEnv;
  /** The number of processes among which the files are divided. */
  processes: number;
  /** Whether the coverage must meet functions/.c8rc.json. */
  coverage: boolean;
  print: Print;
}

/** Every test file below a folder, as absolute paths. */
export const testFilesIn = (folder: string) =>
  globSync('**/*.test.ts', { cwd: join(ROOT, folder) })
    .map((file) => join(ROOT, folder, file))
    .sort();

/** Assigns the files in turn, so that the files of a folder are spread over the processes. */
function divide(files: readonly string[], processes: number): string[][] {
  const shares = Array.from({ length: processes }, (_, n) => files.filter((_file, i) => i % processes === n));
  return shares.filter((share) => share.length > 0);
}

async function runProcess(
  { files, filter, env, processes, print }: MochaRun,
  counts: string,
): Promise<Outcome> {
  // Prints the output of one process at a time.
  const kept: (Uint8Array | string)[] = [];
  const code = await run(
    functionsBin('mocha'),
    [
      ...[
        '--no-config',
        '--require',
        FIXED_SEED,
        '--timeout',
        '30000',
        process.stdout.isTTY ? '--color' : '--no-color',
        ...filter,
      ],
      ...['--reporter', REPORTER, '--reporter-option', `output=${counts}`, ...files],
    ],
    {
      cwd: FUNCTIONS,
      // Google's clients look for a Google Cloud machine's metadata server, even when they use an emulator.
      env: { ...process.env, METADATA_SERVER_DETECTION: 'none', ...env },
      timeout: TIMEOUT_MS,
      print: processes > 1 ? (chunk) => kept.push(chunk) : print,
    },
  );
  for (const chunk of kept) print(chunk);
  return existsSync(counts)
    ? toOutcome(JSON.parse(readFileSync(counts, 'utf8')), code)
    : failure(`mocha did not report (exit code ${code})`);
}

/** Counts an exit code other than 0 as a failure if no test failed. */
function toOutcome({ passes, failures, pending, isLeftOpen }: Counts, code: number): Outcome {
  const notes = [
    ...failures.map((failed) => `failed: ${failed}`),
    ...pending.map((title) => `skipped: ${title}`),
  ];
  const hasUnexplainedExit = code !== 0 && failures.length === 0;
  if (hasUnexplainedExit) notes.push(`no test failed, but the exit code is ${code}`);
  if (isLeftOpen) notes.push('the tests left a handle open: the process did not end by itself');
  const failed = failures.length + Number(hasUnexplainedExit) + Number(isLeftOpen);
  return { passed: passes, failed, skipped: pending.length, notes };
}

/** Checks the coverage of all processes of a run and of their children against functions/.c8rc.json. */
async function checkCoverage(folder: string, print: Print): Promise<Outcome> {
  const args = ['report', `--temp-directory=${folder}`];
  const code = await run(functionsBin('c8'), args, { cwd: FUNCTIONS, timeout: TIMEOUT_MS, print });
  return code === 0 ? NOTHING : withNote('the coverage is too low', { ...NOTHING, failed: 1 });
}

/**
 * Runs test files in mocha, without functions/.mocharc.json. For several processes it starts mocha several times: the
 * workers of `mocha --parallel` run root hooks of shared helpers only for their first file, and end despite open handles.
 */
export async function runMocha(mocha: MochaRun): Promise<Outcome> {
  const scratch = mkdtempSync(join(tmpdir(), 'gatehouse-test-'));
  const coverage = join(scratch, 'coverage');
  const env = mocha.coverage ? { ...mocha.env, NODE_V8_COVERAGE: coverage } : mocha.env;
  try {
    const shares = divide(mocha.files, mocha.processes);
    const run = (files: readonly string[], n: number) =>
      runProcess({ ...mocha, files, env }, join(scratch, `counts-${n}.json`));
    const outcome = sum(await Promise.all(shares.map(run)));
    if (outcome.passed + outcome.failed + outcome.skipped === 0) {
      return mocha.filter.length > 0 ? NOTHING : failure('no test ran');
    }
    const isComplete = mocha.coverage && outcome.failed === 0;
    return isComplete ? sum([outcome, await checkCoverage(coverage, mocha.print)]) : outcome;
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}
