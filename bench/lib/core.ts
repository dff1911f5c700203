import { execFileSync } from 'node:child_process';
import { availableParallelism } from 'node:os';

/** The core that measured servers have to themselves, so that the load that asks them does not take time from them. */

const allowed = allowedCores();
/** The last one: the first is where most interrupts go. */
const serverCore = allowed.length > 1 ? allowed.at(-1) : undefined;

/** For the report. */
export const coreUse =
  serverCore === undefined
    ? 'no core of its own for the server (one core, or no taskset): its load competes with it'
    : `server on core ${serverCore}, load on the others`;

/** A command line that runs on the server's core. */
export function onServerCore(command: string, args: readonly string[]): readonly [string, string[]] {
  if (serverCore === undefined) return [command, [...args]];
  return ['taskset', ['-c', String(serverCore), command, ...args]];
}

/** Does the work with all threads of this process on the server's core, and then gives it the others back. */
export async function aloneOnServerCore<T>(work: () => Promise<T>): Promise<T> {
  if (serverCore === undefined) return work();
  return confined([serverCore], work);
}

/** Does the work off the server's core; processes started meanwhile stay off it, too. */
export async function offServerCore<T>(work: () => Promise<T>): Promise<T> {
  if (serverCore === undefined) return work();
  return confined(
    allowed.filter((core) => core !== serverCore),
    work,
  );
}

async function confined<T>(cores: readonly number[], work: () => Promise<T>): Promise<T> {
  confine(cores);
  try {
    return await work();
  } finally {
    confine(allowed);
  }
}

function confine(cores: readonly number[]): void {
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
