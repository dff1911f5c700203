import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import type { Counts } from './counting-reporter.ts';
import { ROOT } from './emulator-setup.ts';
import { FUNCTIONS, functionsBin, run } from './run.ts';

const TIMEOUT_MS = 10 * 60_000;

/** What a stage of `npm test` came to; the notes say what was skipped and what went wrong. */
export interface Outcome {
  passed: number;
  failed: number;
  skipped: number;
  notes: string[];
}

export const failure = (note: string): Outcome => ({ passed: 0, failed: 1, skipped: 0, notes: [note] });

/** A stage that cannot run here; the note names what and why. */
export const skip = (note: string): Outcome => ({ passed: 0, failed: 0, skipped: 1, notes: [note] });

/** Programs that either succeed or don't: together one test. */
export async function check(...programs: string[][]): Promise<Outcome> {
  const notes: string[] = [];
  for (const [command = '', ...args] of programs) {
    const code = await run(command, args, { cwd: ROOT, timeout: TIMEOUT_MS });
    if (code !== 0) notes.push(`${relative(ROOT, command) || command} ${args.join(' ')} ended with ${code}`);
  }
  return { passed: notes.length ? 0 : 1, failed: notes.length ? 1 : 0, skipped: 0, notes };
}

/** Every test file below a folder, in mocha, without functions/.mocharc.json (which is for the unit tests). */
export async function mochaFolder(folder: string, env: NodeJS.ProcessEnv = {}): Promise<Outcome> {
  const args = ['--no-config', '--timeout', '30000', `${join(ROOT, folder)}/**/*.test.ts`];
  return count(functionsBin('mocha'), args, env);
}

/** The unit tests, as functions/.mocharc.json and the coverage gate in functions/.c8rc.json have them. */
export const mochaWithCoverage = (env: NodeJS.ProcessEnv = {}) =>
  count(functionsBin('c8'), [functionsBin('mocha')], env);

async function count(command: string, args: string[], env: NodeJS.ProcessEnv): Promise<Outcome> {
  const scratch = mkdtempSync(join(tmpdir(), 'gatehouse-test-'));
  const output = join(scratch, 'counts.json');
  const reporter = ['--reporter', join(import.meta.dirname, 'counting-reporter.ts')];
  try {
    const code = await run(command, [...args, ...reporter, '--reporter-option', `output=${output}`], {
      cwd: FUNCTIONS,
      // Google's clients ask around whether they run in its cloud, even on their way to an emulator; tests ask nobody.
      env: { ...process.env, METADATA_SERVER_DETECTION: 'none', ...env },
      timeout: TIMEOUT_MS,
    });
    return existsSync(output)
      ? toOutcome(JSON.parse(readFileSync(output, 'utf8')), code)
      : failure(`no test ran (exit code ${code})`);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** Nothing run is a failure, and so is a bad exit code that no failed test explains: the coverage gate. */
function toOutcome({ passes, failures, pending, isLeftOpen }: Counts, code: number): Outcome {
  const notes = [
    ...failures.map((failed) => `failed: ${failed}`),
    ...pending.map((title) => `skipped: ${title}`),
  ];
  if (passes + failures.length + pending.length === 0) return failure('no test ran');
  const isUnexplained = code !== 0 && failures.length === 0;
  if (isUnexplained) notes.push(`all tests passed, but the exit code is ${code}: coverage too low?`);
  if (isLeftOpen) notes.push('the tests left something open: the process did not end by itself');
  const failed = failures.length + Number(isUnexplained) + Number(isLeftOpen);
  return { passed: passes, failed, skipped: pending.length, notes };
}
