import { fork } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { Addresses } from './backends.ts';
import type { Job } from './child.ts';

/** A child process that waits for a job. */
export interface Child {
  /** Opens its instance and connects it. */
  open(addresses: Addresses): Promise<void>;
  /** @throws Error with the output of the process, when it exits before the job is done */
  run(job: Job): Promise<void>;
  /** Sends SIGKILL, and waits until the process has exited. */
  kill(): Promise<void>;
}

const CHILD = fileURLToPath(new URL('child.ts', import.meta.url));

export async function startChild(): Promise<Child> {
  const process_ = fork(CHILD, {
    // No variable that leads to other services. The cache saves each process from compiling the same files again.
    env: { PATH: process.env.PATH, NODE_COMPILE_CACHE: `${tmpdir()}/gatehouse-compile-cache` },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  let output = '';
  for (const stream of [process_.stdout, process_.stderr]) stream?.on('data', (chunk) => (output += chunk));
  const exited = once(process_, 'exit');

  async function nextMessage(): Promise<void> {
    const failed = exited.then(() =>
      Promise.reject(
        new Error(`the process exited:
${output}`),
      ),
    );
    await Promise.race([once(process_, 'message'), failed]);
  }

  async function send(message: Addresses | Job): Promise<void> {
    const done = nextMessage();
    process_.send(message);
    await done;
  }

  await nextMessage();
  return {
    open: send,
    run: send,
    async kill() {
      process_.kill('SIGKILL');
      await exited;
    },
  };
}
