import { type SpawnOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { ROOT } from './emulator-setup.ts';

export const FUNCTIONS = join(ROOT, 'functions');

/** The path of a program in functions/node_modules. */
export const functionsBin = (name: string) => join(FUNCTIONS, 'node_modules', '.bin', name);

/** Runs a program and returns its exit code. It ends with this process, or after its timeout (ms). */
export async function run(command: string, args: string[], options: SpawnOptions = {}): Promise<number> {
  const child = spawn(command, args, { stdio: ['ignore', 'inherit', 'inherit'], ...options });
  const end = () => child.kill();
  process.once('exit', end);
  const [code] = await once(child, 'exit');
  process.off('exit', end);
  return code ?? 1;
}

/** Prints an error in one line and exits with code 1. Exit handlers stop what was started. */
export function fail(error: unknown): never {
  console.error(`gatehouse: ${error instanceof Error ? error.message : error}`);
  process.exit(1);
}
