import { relative } from 'node:path';
import { ROOT } from './emulator-setup.ts';
import { type Print, run } from './run.ts';

const TIMEOUT_MS = 10 * 60_000;

/** The result of a stage of `npm test`; the notes say what was skipped and what went wrong. */
export interface Outcome {
  passed: number;
  failed: number;
  skipped: number;
  notes: string[];
}

export const failure = (note: string): Outcome => ({ passed: 0, failed: 1, skipped: 0, notes: [note] });

/** A stage that cannot run here; the note says what is skipped and why. */
export const skip = (note: string): Outcome => ({ passed: 0, failed: 0, skipped: 1, notes: [note] });

/** An outcome with a note before its own. */
export const withNote = (note: string, outcome: Outcome): Outcome => ({
  ...outcome,
  notes: [note, ...outcome.notes],
});

/** The outcomes of several processes, or of several stages, as one. */
export function sum(outcomes: readonly Outcome[]): Outcome {
  const add = (key: 'passed' | 'failed' | 'skipped') => outcomes.reduce((n, outcome) => n + outcome[key], 0);
  const notes = outcomes.flatMap((outcome) => outcome.notes);
  return { passed: add('passed'), failed: add('failed'), skipped: add('skipped'), notes };
}

/** Runs programs that either succeed or fail: together they are one test. */
export async function check(print: Print, ...programs: string[][]): Promise<Outcome> {
  const notes: string[] = [];
  for (const [command = '', ...args] of programs) {
    const code = await run(command, args, { cwd: ROOT, timeout: TIMEOUT_MS, print });
    if (code !== 0) notes.push(`${relative(ROOT, command) || command} ${args.join(' ')} ended with ${code}`);
  }
  return { passed: notes.length ? 0 : 1, failed: notes.length ? 1 : 0, skipped: 0, notes };
}
