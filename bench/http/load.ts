import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import autocannon, { type Options } from 'autocannon';
import { pinToServerCore } from '../lib/cpu-affinity.ts';
import { readUsage } from '../lib/process.ts';
import { quantile } from '../lib/stats.ts';
import type { ServerName, ServerOptions } from './servers.ts';

export const CONNECTIONS = 32;

export interface RunningServer {
  readonly url: string;
  readonly pid: number | undefined;
  /** Heap in use after garbage collection, MiB. */
  heap(): Promise<number>;
  stop(): Promise<void>;
}

/** Starts a server on the server's core. @param execArgv Node.js options, e.g. a module to preload */
export async function startServer(
  name: ServerName,
  places: ServerOptions,
  { execArgv = [], env = {} }: { execArgv?: readonly string[]; env?: Readonly<Record<string, string>> } = {},
): Promise<RunningServer> {
  const [execPath, nodeArgs] = pinToServerCore(process.execPath, ['--expose-gc', ...execArgv]);
  const server = fork(new URL('server.ts', import.meta.url), [name, JSON.stringify(places)], {
    ...{ execPath, execArgv: nodeArgs, env: { ...process.env, ...env } },
    // Log lines are written, but discarded.
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const { url } = await receiveMessage<{ url: string }>(server);
  return {
    url,
    pid: server.pid,
    async heap() {
      const answered = receiveMessage<{ heap: number }>(server);
      server.send('heap');
      return (await answered).heap;
    },
    async stop() {
      const gone = once(server, 'exit');
      // The process exits by itself, so that it can write the profile of NODE_OPTIONS=--cpu-prof.
      server.disconnect();
      await gone;
    },
  };
}

async function receiveMessage<T>(server: ChildProcess): Promise<T> {
  const gone = new AbortController();
  const ended = once(server, 'exit', { signal: gone.signal }).then(() => {
    throw new Error(`${server.spawnargs.join(' ')} ended`);
  });
  try {
    const [message] = await Promise.race([once(server, 'message'), ended]);
    return message as T;
  } finally {
    ended.catch(() => undefined);
    gone.abort();
  }
}

/** Starts a session with a fresh token. @param url of any path of the API @returns the header `Cookie` */
export async function createSession(url: string, headers: Record<string, string>): Promise<string> {
  const response = await fetch(new URL('/v1/sessions', url), { method: 'POST', headers });
  const [cookie] = response.headers.getSetCookie();
  if (cookie === undefined) throw new Error(`POST /v1/sessions: ${response.status} ${await response.text()}`);
  return cookie.replace(/;.*/, '');
}

export interface Load {
  /** Requests per second. */
  readonly rate: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
  /** CPU time of the server per request in microseconds, independent of other processes. */
  readonly cpu: number;
  /** Share of a core that the load generator used. Near 1, the generator was the bottleneck. */
  readonly generator: number;
  readonly requests: number;
  /** Number of responses with 401. */
  readonly rejected: number;
}

/** Sends requests over 32 connections, one after the other on each, and measures. */
export async function load(
  { url, pid }: Pick<RunningServer, 'url' | 'pid'>,
  options: Pick<Options, 'headers' | 'duration' | 'amount' | 'requests' | 'overallRate'>,
): Promise<Load> {
  const latencies: number[] = [];
  const statuses = new Map<number, number>();
  const before = readUsage(pid);
  const own = process.cpuUsage();
  const begin = performance.now();
  const running = autocannon({ url, connections: CONNECTIONS, ...options });
  running.on('response', (_client, status, _bytes, milliseconds) => {
    latencies.push(milliseconds);
    statuses.set(status, (statuses.get(status) ?? 0) + 1);
  });
  const { requests, errors } = await running;
  const milliseconds = performance.now() - begin;
  const { user, system } = process.cpuUsage(own);
  const unexpected = [...statuses.keys()].filter((status) => status !== 200 && status !== 401);
  if (errors > 0 || unexpected.length > 0) throw new Error(`${url}: ${errors} errors, and ${unexpected}`);
  return {
    rate: (1000 * requests.total) / milliseconds,
    p50: quantile(latencies, 0.5),
    p99: quantile(latencies, 0.99),
    cpu: (1000 * (readUsage(pid).cpu - before.cpu)) / requests.total,
    generator: (user + system) / 1000 / milliseconds,
    requests: requests.total,
    rejected: statuses.get(401) ?? 0,
  };
}
