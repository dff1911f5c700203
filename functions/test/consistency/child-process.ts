import { fork } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { Addresses } from './backends.ts';
import type { Job } from './child.ts';

/** A real process, waiting for its job. */
export interface Child {
  /** Opens its instance, and has it connect. */
  open(addresses: Addresses): Promise<void>;
  /** @throws Error with what it printed, when it ends before it is done */
  run(job: Job): Promise<void>;
  /** Ends it as a power cut would, and waits until it is gone. */
  kill(): Promise<void>;
}

const CHILD = fileURLToPath(new URL('child.ts', import.meta.url));

export async function startChild(): Promise<Child> {
  const process_ = fork(CHILD, {
    // Nothing that leads elsewhere; the cache spares each process to compile the same files anew.
    env: { PATH: process.env.PATH, NODE_COMPILE_CACHE: `${tmpdir()}/gatehouse-compile-cache` },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  let output = '';
  for (const stream of [process_.stdout, process_.stderr]) stream?.on('data', (chunk) => (output += chunk));
  const ended = once(process_, 'exit');

  async function hear(): Promise<void> {
    const gone = ended.then(() => Promise.reject(new Error(`the process ended:\n${output}`)));
    await Promise.race([once(process_, 'message'), gone]);
  }

  async function tell(message: Addresses | Job): Promise<void> {
    const heard = hear();
    process_.send(message);
    await heard;
  }

  await hear();
  return {
    open: tell,
    run: tell,
    async kill() {
      process_.kill('SIGKILL');
      await ended;
    },
  };
}
