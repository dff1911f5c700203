import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { certificates, googleKey, mintIdToken, PROJECT } from '../functions/test/helpers/google.ts';
import { startFirestoreProcess } from './firestore.ts';
import { median, type Result, times } from './measure.ts';

const RUNS = 9;
const ROOT = new URL('../', import.meta.url);
const FRAMEWORK = new URL('functions/node_modules/.bin/functions-framework', ROOT).pathname;
const PRELOAD = new URL('play-google.mjs', import.meta.url).pathname;

interface Start {
  readonly source: string;
  readonly target: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
}

interface Started {
  readonly milliseconds: number;
  /** Milliseconds of CPU time, which others on the machine do not take away. */
  readonly cpu: number;
  readonly rssMiB: number;
}

/** From starting the process to the first answer, under the framework that production runs. */
export async function coldStart(): Promise<Result[]> {
  const firestore = await startFirestoreProcess();
  const google = createServer((_req, res) => {
    res.writeHead(200, { 'Content-Type': 'application/json', 'Cache-Control': 'public, max-age=3600' });
    res.end(JSON.stringify(certificates([googleKey])));
  }).listen(0, '127.0.0.1');
  await once(google, 'listening');
  const token = await mintIdToken({ roles: ['member'], rv: 1 });
  const starts = {
    hello: { source: 'bench/hello', target: 'hello', path: '/' },
    health: { source: 'functions', target: 'api', path: '/v1/health' },
    // The first request with a token: Google's keys, Firestore's SDK, the access changes of the last hour.
    me: {
      source: 'functions',
      target: 'api',
      path: '/v1/me',
      headers: { authorization: `Bearer ${token}` },
      env: {
        NODE_OPTIONS: `--import=${PRELOAD}`,
        BENCH_FIRESTORE: firestore.host,
        BENCH_GOOGLE_PORT: String((google.address() as AddressInfo).port),
        METADATA_SERVER_DETECTION: 'none',
      },
    },
  } as const satisfies Record<string, Start>;

  const runs = { hello: [] as Started[], health: [] as Started[], me: [] as Started[] };
  for (let run = 0; run <= RUNS; run++) {
    for (const name of Object.keys(starts) as (keyof typeof starts)[]) {
      const started = await start(starts[name]);
      if (run > 0) runs[name].push(started);
    }
  }
  firestore.stop();
  google.close();

  const time = (name: keyof typeof runs) => median(runs[name].map(({ milliseconds }) => milliseconds));
  const cpu = (name: keyof typeof runs) => median(runs[name].map((started) => started.cpu));
  const rss = (name: keyof typeof runs) => Math.max(...runs[name].map(({ rssMiB }) => rssMiB));
  const ms = (value: number) => `${value.toFixed(0)} ms`;
  const ratio = time('health') / time('hello');
  return [
    { what: 'cold start, hello world', value: ms(time('hello')), budget: '', kept: true },
    { what: '  api, to the first answer', value: ms(time('health')), budget: '', kept: true },
    { what: '  against hello world', value: times(ratio), budget: '≤ 1.25×', kept: ratio <= 1.25 },
    { what: '  by CPU time', value: times(cpu('health') / cpu('hello')), budget: '', kept: true },
    { what: '  api, to the first answer to a token', value: ms(time('me')), budget: '', kept: true },
    {
      what: 'memory of an idle api',
      value: `${rss('health').toFixed(0)} MiB`,
      budget: '≤ 110 MB',
      kept: rss('health') * 1.048576 <= 110,
    },
    {
      what: '  once it has seen a token, with Firestore',
      value: `${rss('me').toFixed(0)} MiB`,
      budget: '',
      kept: true,
    },
  ];
}

async function start({ source, target, path, headers, env }: Start): Promise<Started> {
  const port = await freePort();
  const begin = performance.now();
  const child = spawn(
    process.execPath,
    [FRAMEWORK, `--source=${source}`, `--target=${target}`, `--port=${port}`],
    {
      cwd: ROOT,
      env: {
        ...{ PATH: process.env.PATH, GCLOUD_PROJECT: PROJECT, NODE_ENV: 'production', HOST: '127.0.0.1' },
        ...env,
      },
      stdio: 'ignore',
    },
  );
  try {
    for (;;) {
      const answer = await fetch(`http://127.0.0.1:${port}${path}`, {
        headers: { 'x-forwarded-proto': 'https', ...headers },
      }).catch(() => undefined);
      if (answer?.ok) break;
      // 503 on a machine so busy that a deadline passed: it takes as long as it takes.
      if (answer !== undefined && answer.status !== 503) throw new Error(`${path} answers ${answer.status}`);
      if (child.exitCode !== null || performance.now() - begin > 20_000)
        throw new Error(`${target} does not start`);
      await sleep(2);
    }
    const milliseconds = performance.now() - begin;
    const pages = Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1]);
    // Ticks of 10 ms, after the name in brackets: proc_pid_stat(5).
    const stat = readFileSync(`/proc/${child.pid}/stat`, 'utf8')
      .replace(/^.*\) /, '')
      .split(' ');
    const cpu = 10 * (Number(stat[11]) + Number(stat[12]));
    return { milliseconds, cpu, rssMiB: pages / 1024 };
  } finally {
    child.kill();
  }
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, 'close');
  return port;
}
