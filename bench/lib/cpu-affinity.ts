import { execFileSync } from 'node:child_process';
import { availableParallelism } from 'node:os';

/** CPU affinity: measured servers have one core, the load generator has the others. */

const allowed = allowedCores();
/** The last core, because the first one handles most interrupts. */
const serverCore = allowed.length > 1 ? allowed.at(-1) : undefined;

/** For the report. */
export const coreDescription =
  serverCore === undefined
    ? 'no separate core for the server (one core, or no taskset): the load generator competes with it'
    : `server on core ${serverCore}, load on the others`;

/** Returns a command line that runs on the server's core. */
export function pinToServerCore(command: string, args: readonly string[]): readonly [string, string[]] {
  if (serverCore === undefined) return [command, [...args]];
  return ['taskset', ['-c', String(serverCore), command, ...args]];
}

/** Runs the work with all threads of this process on the server's core, then restores the affinity. */
export async function runOnServerCore<T>(work: () => Promise<T>): Promise<T> {
  if (serverCore === undefined) return work();
  return withAffinity([serverCore], work);
}

/** Runs the work on the other cores. Processes that it starts inherit this. */
export async function runOffServerCore<T>(work: () => Promise<T>): Promise<T> {
  if (serverCore === undefined) return work();
  return withAffinity(
    allowed.filter((core) => core !== serverCore),
    work,
  );
}

async function withAffinity<T>(cores: readonly number[], work: () => Promise<T>): Promise<T> {
  setAffinity(cores);
  try {
    return await work();
  } finally {
    setAffinity(allowed);
  }
}

function setAffinity(cores: readonly number[]): void {
  execFileSync('taskset', ['-a', '-c', '-p', cores.join(','), String(process.pid)], { stdio: 'ignore' });
}

function allowedCores(): number[] {
  try {
    const answer = execFileSync('taskset', ['-c', '-p', String(process.pid)], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const list = answer.trim().replace(/^.*: /, '');
    return list.split(',').flatMap((range) => {
      const [from = 0, to = from] = range.split('-').map(Number);
      return Array.from({ length: to - from + 1 }, (_, index) => from + index);
    });
  } catch {
    // Not Linux, or a container without util-linux.
    return Array.from({ length: Math.min(1, availableParallelism()) }, () => 0);
  }
}
