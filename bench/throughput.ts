import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import autocannon from 'autocannon';
import { startFirestoreProcess } from './firestore.ts';
import { median, type Result, times } from './measure.ts';

const ROUNDS = 3;
const SECONDS = 4;

/** What a contender has used so far. @property calls to Google's hosts; @property cpu microseconds */
export interface Usage {
  readonly calls: number;
  readonly cpu: number;
}

export async function usageOf(server: ChildProcess): Promise<Usage> {
  const answered = once(server, 'message');
  server.send('usage');
  const [usage] = (await answered) as [Usage];
  return usage;
}

interface Load {
  /** Requests per second. */
  readonly rate: number;
  /** Microseconds of the server's CPU time per request, which others on the machine do not take away. */
  readonly cpu: number;
}

/** Requests per second of GET /v1/me, each contender in a process of its own, taking turns. */
export async function throughput(): Promise<Result[]> {
  const rates = {
    bare: [] as Load[],
    gatehouse: [] as Load[],
    'express-oauth2-jwt-bearer': [] as Load[],
  };
  const firestore = await startFirestoreProcess();
  for (let round = 0; round < ROUNDS; round++) {
    for (const name of Object.keys(rates) as (keyof typeof rates)[]) {
      rates[name].push(await load(name, firestore.host));
    }
  }
  firestore.stop();
  const of = (name: keyof typeof rates, what: keyof Load) => median(rates[name].map((load) => load[what]));
  const bare = of('bare', 'rate');
  const ours = of('gatehouse', 'rate');
  const auth0 = of('express-oauth2-jwt-bearer', 'rate');
  const cpu = of('gatehouse', 'cpu');
  const rate = (value: number) => `${Math.round(value)}/s`;
  return [
    { what: 'GET /v1/me, bare Express', value: rate(bare), budget: '', kept: true },
    { what: '  express-oauth2-jwt-bearer', value: rate(auth0), budget: '', kept: true },
    { what: '  Gatehouse, full pipeline', value: rate(ours), budget: '', kept: true },
    {
      what: '  against bare Express',
      value: times(ours / bare),
      budget: '≥ 0.90×',
      kept: ours >= 0.9 * bare,
    },
    {
      what: '  against express-oauth2-jwt-bearer',
      value: times(ours / auth0),
      budget: '≥ 2.5×',
      kept: ours >= 2.5 * auth0,
    },
    {
      what: '  by CPU time a request: bare Express',
      value: times(of('bare', 'cpu') / cpu),
      budget: '',
      kept: true,
    },
    {
      what: '    express-oauth2-jwt-bearer',
      value: times(of('express-oauth2-jwt-bearer', 'cpu') / cpu),
      budget: '',
      kept: true,
    },
  ];
}

async function load(name: string, firestore: string): Promise<Load> {
  // Log lines go where a container's would not slow the server down either.
  const server = fork(new URL('throughput-server.ts', import.meta.url), [name, firestore], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  try {
    const [{ url, token }] = (await once(server, 'message')) as [{ url: string; token: string }];
    const headers = { authorization: `Bearer ${token}`, 'x-forwarded-proto': 'https' };
    await autocannon({ url, headers, connections: 32, duration: 2 });
    const before = await usageOf(server);
    const { requests, non2xx, errors } = await autocannon({
      url,
      headers,
      connections: 32,
      duration: SECONDS,
    });
    if (non2xx + errors > 0) throw new Error(`${name}: ${non2xx} refused, ${errors} failed`);
    const { cpu } = await usageOf(server);
    return { rate: requests.average, cpu: (cpu - before.cpu) / requests.total };
  } finally {
    server.kill();
  }
}
