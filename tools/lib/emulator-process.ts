import type { ChildProcess } from 'node:child_process';
import { createWriteStream, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { createInterface } from 'node:readline';

const READY = 'All emulators ready!';
const BROKEN = 'Failed to load function definition'; // after which the CLI calls itself ready all the same
const START_TIMEOUT_MS = 90_000;
const EXPORT_TIMEOUT_MS = 60_000;

/** Where its output goes. */
export interface Output {
  logFile: string;
  onLine?: (line: string) => void;
}

/** Waits until the Firebase CLI's emulators serve; what it prints goes to the log, and line by line to `onLine`. */
export async function untilReady(cli: ChildProcess, { logFile, onLine }: Output): Promise<void> {
  mkdirSync(dirname(logFile), { recursive: true });
  const log = createWriteStream(logFile);
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const fail = (why: string) => reject(new Error(`${why}; see ${logFile}`));
  const timer = setTimeout(fail, START_TIMEOUT_MS, 'the emulators did not start in time');
  cli.once('exit', () => fail('the emulators ended before they were ready'));
  for (const stream of [cli.stdout, cli.stderr]) {
    if (!stream) continue;
    createInterface(stream).on('line', (line) => {
      log.write(`${line}\n`);
      onLine?.(line);
      if (line.includes(READY)) resolve();
      if (line.includes(BROKEN)) fail('the functions could not be loaded');
    });
  }
  await promise.finally(() => clearTimeout(timer));
}

/** Ends the CLI and all it has started. */
export function killGroup(cli: ChildProcess): void {
  try {
    if (cli.pid) process.kill(-cli.pid, 'SIGKILL');
  } catch {
    // Nothing of the group is left.
  }
}

/** Has the CLI write what its emulators hold into a folder. */
export async function exportTo(path: string, hub: string, targets: string[]): Promise<void> {
  const response = await fetch(`${hub}/_admin/export`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ path, targets, initiatedBy: 'gatehouse' }),
    signal: AbortSignal.timeout(EXPORT_TIMEOUT_MS),
  });
  if (response.ok) return;
  const { message } = (await response.json()) as { message: string };
  throw new Error(`users and documents cannot be saved, what was kept before stays: ${message}`);
}
