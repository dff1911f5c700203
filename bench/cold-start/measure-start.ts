import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { PROJECT } from '../../functions/test/helpers/google.ts';
import { findFreePort } from '../../tools/lib/ports.ts';
import { pinToServerCore } from '../lib/cpu-affinity.ts';
import { readUsage } from '../lib/process.ts';

const ROOT = new URL('../../', import.meta.url);
const FRAMEWORK = new URL('functions/node_modules/@google-cloud/functions-framework/build/src/main.js', ROOT)
  .pathname;

/** A function, and its first request. */
export interface FunctionStart {
  /** Folder, relative to the root. */
  readonly source: string;
  readonly target: string;
  readonly signature?: 'http' | 'cloudevent';
  readonly path: string;
  /** JSON body of a POST request. Without a body, the request is a GET. */
  readonly body?: object;
  readonly headers?: Readonly<Record<string, string>>;
  /** The expected status of the response. */
  readonly status: number;
  readonly env?: Readonly<Record<string, string>>;
  readonly execArgv?: readonly string[];
}

export interface StartResult {
  /** Milliseconds from process start to the first response. */
  readonly wall: number;
  /** Milliseconds of CPU time, independent of other processes. */
  readonly cpu: number;
  /** Resident memory after the response, MiB. */
  readonly rss: number;
}

/** Starts a function with the functions framework of production, waits for its first response, and stops it with SIGTERM. */
export async function measureStart(starting: FunctionStart): Promise<StartResult> {
  const { source, target, signature = 'http', env, execArgv = [] } = starting;
  const port = await findFreePort();
  const [command, args] = pinToServerCore(process.execPath, [
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
      const status = await sendRequest(port, starting);
      if (status === starting.status) break;
      // 503: a deadline has passed on a busy machine. Try again.
      if (status !== undefined && status !== 503) throw new Error(`${target} responds with ${status}`);
      if (child.exitCode !== null || performance.now() - begin > 30_000)
        throw new Error(`${target} does not start`);
      await sleep(2);
    }
    const wall = performance.now() - begin;
    return { wall, ...readUsage(child.pid) };
  } finally {
    // SIGTERM, so that the process can write its compile cache and profile.
    child.kill();
    const killTimer = setTimeout(() => child.kill('SIGKILL'), 10_000);
    await ended;
    clearTimeout(killTimer);
  }
}

async function sendRequest(
  port: number,
  { path, body, headers }: FunctionStart,
): Promise<number | undefined> {
  const request = {
    headers: { 'x-forwarded-proto': 'https', connection: 'close', ...headers },
    ...(body && { method: 'POST', body: JSON.stringify(body) }),
  };
  return fetch(`http://127.0.0.1:${port}${path}`, request).then(
    async (response) => {
      await response.arrayBuffer();
      return response.status;
    },
    () => undefined,
  );
}
