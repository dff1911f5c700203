import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { median, type Result, times } from './measure.ts';

const RUNS = 9;
const ROOT = new URL('../', import.meta.url);
const FRAMEWORK = new URL('functions/node_modules/.bin/functions-framework', ROOT).pathname;

/** From starting the process to the first answer, under the framework that production runs. */
export async function coldStart(): Promise<Result[]> {
  const hello: number[] = [];
  const api: number[] = [];
  let rss = 0;
  for (let run = 0; run <= RUNS; run++) {
    const first = await start('bench/hello', 'hello', '/');
    const second = await start('functions', 'api', '/v1/health');
    if (run === 0) continue;
    hello.push(first.milliseconds);
    api.push(second.milliseconds);
    rss = Math.max(rss, second.rssMiB);
  }
  const ratio = median(api) / median(hello);
  return [
    { what: 'cold start, hello world', value: `${median(hello).toFixed(0)} ms`, budget: '', kept: true },
    { what: '  api', value: `${median(api).toFixed(0)} ms`, budget: '', kept: true },
    { what: '  against hello world', value: times(ratio), budget: '≤ 1.25×', kept: ratio <= 1.25 },
    {
      what: 'memory of an idle api',
      value: `${rss.toFixed(0)} MiB`,
      budget: '≤ 110 MB',
      kept: rss * 1.048576 <= 110,
    },
  ];
}

async function start(
  source: string,
  target: string,
  path: string,
): Promise<{ milliseconds: number; rssMiB: number }> {
  const port = await freePort();
  const begin = performance.now();
  const child = spawn(
    process.execPath,
    [FRAMEWORK, `--source=${source}`, `--target=${target}`, `--port=${port}`],
    {
      cwd: ROOT,
      env: { PATH: process.env.PATH, GCLOUD_PROJECT: 'bench', NODE_ENV: 'production', HOST: '127.0.0.1' },
      stdio: 'ignore',
    },
  );
  try {
    const headers = { 'x-forwarded-proto': 'https' };
    for (;;) {
      const response = await fetch(`http://127.0.0.1:${port}${path}`, { headers }).catch(() => undefined);
      if (response?.ok) break;
      if (child.exitCode !== null || performance.now() - begin > 20_000)
        throw new Error(`${target} does not start`);
      await sleep(2);
    }
    const milliseconds = performance.now() - begin;
    const pages = Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1]);
    return { milliseconds, rssMiB: pages / 1024 };
  } finally {
    child.kill();
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}
