import { type SpawnOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ROOT } from './emulator-setup.ts';

export const FUNCTIONS = join(ROOT, 'functions');

/** Milliseconds to wait for the rest of a program's output after its end. Its children may keep the pipe open. */
const OUTPUT_GRACE_MS = 2_000;

/** A program of functions/node_modules. */
export const functionsBin = (name: string) => join(FUNCTIONS, 'node_modules', '.bin', name);

/** Receives the output of a program in chunks. */
export type Print = (chunk: Uint8Array | string) => void;

/**
 * Runs a program and returns its exit code. It ends with this process, and after its timeout (ms).
 *
 * @param print receives both output streams; without it they are inherited
 */
export async function run(
  command: string,
  args: string[],
  { print, ...options }: SpawnOptions & { print?: Print } = {},
): Promise<number> {
  const output = print ? 'pipe' : 'inherit';
  const child = spawn(command, args, { stdio: ['ignore', output, output], ...options });
  const closed = once(child, 'close');
  const streams = [child.stdout, child.stderr];
  if (print) for (const stream of streams) stream?.on('data', print);
  const end = () => child.kill();
  process.once('exit', end);
  try {
    const [code] = await once(child, 'exit');
    if (print) await Promise.race([closed, sleep(OUTPUT_GRACE_MS, undefined, { ref: false })]);
    return code ?? 1;
  } finally {
    process.off('exit', end);
    for (const stream of streams) stream?.destroy();
  }
}

/** Prints an error in one line and exits with code 1. Exit handlers stop what was started. */
export function fail(error: unknown): never {
  console.error(`gatehouse: ${error instanceof Error ? error.message : error}`);
  process.exit(1);
}
