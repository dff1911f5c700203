import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { PROJECT } from '../../functions/test/helpers/google.ts';
import { findFreePort } from '../../tools/lib/ports.ts';
import { onServerCore } from '../lib/core.ts';
import { usageOf } from '../lib/process.ts';

const ROOT = new URL('../../', import.meta.url);
const FRAMEWORK = new URL('functions/node_modules/@google-cloud/functions-framework/build/src/main.js', ROOT)
  .pathname;

/** A function as the framework starts it, and the first request that it gets. */
export interface Start {
  /** Folder, from the root. */
  readonly source: string;
  readonly target: string;
  readonly signature?: 'http' | 'cloudevent';
  readonly path: string;
  /** JSON to POST; without it the request is a GET. */
  readonly body?: object;
  readonly headers?: Readonly<Record<string, string>>;
  /** Of the answer that is waited for. */
  readonly status: number;
  readonly env?: Readonly<Record<string, string>>;
  readonly execArgv?: readonly string[];
}

export interface Started {
  /** Milliseconds from starting the process to the first answer. */
  readonly wall: number;
  /** Milliseconds of CPU time, which others on the machine do not take away. */
  readonly cpu: number;
  /** Resident memory after it, MiB. */
  readonly rss: number;
}

/** Starts a function under the framework that production runs, up to its first answer, and ends it as Cloud Run does. */
export async function start(starting: Start): Promise<Started> {
  const { source, target, signature = 'http', env, execArgv = [] } = starting;
  const port = await findFreePort();
  const [command, args] = onServerCore(process.execPath, [
    ...execArgv,
    ...[FRAMEWORK, `--source=${source}`, `--target=${target}`],
    ...[`--signature-type=${signature}`, `--port=${port}`],
  ]);
  const begin = performance.now();
  const child = spawn(command, args, {
    cwd: ROOT,
    env: {
      ...{ PATH: process.env.PATH, GCLOUD_PROJECT: PROJECT, NODE_ENV: 'production', HOST: '127.0.0.1' },
      ...{ METADATA_SERVER_DETECTION: 'none', ...env },
    },
    stdio: 'ignore',
  });
  const ended = once(child, 'exit');
  try {
    for (;;) {
      const answer = await ask(port, starting);
      if (answer === starting.status) break;
      // 503 on a machine so busy that a deadline passed: it takes as long as it takes.
      if (answer !== undefined && answer !== 503) throw new Error(`${target} answers ${answer}`);
      if (child.exitCode !== null || performance.now() - begin > 30_000)
        throw new Error(`${target} does not start`);
      await sleep(2);
    }
    const wall = performance.now() - begin;
    return { wall, ...usageOf(child.pid) };
  } finally {
    // By SIGTERM: a compile cache and a profile are written on the way out.
    child.kill();
    const patience = setTimeout(() => child.kill('SIGKILL'), 10_000);
    await ended;
    clearTimeout(patience);
  }
}

async function ask(port: number, { path, body, headers }: Start): Promise<number | undefined> {
  const request = {
    headers: { 'x-forwarded-proto': 'https', connection: 'close', ...headers },
    ...(body && { method: 'POST', body: JSON.stringify(body) }),
  };
  return fetch(`http://127.0.0.1:${port}${path}`, request).then(
    async (answer) => {
      await answer.arrayBuffer();
      return answer.status;
    },
    () => undefined,
  );
}
