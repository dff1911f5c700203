import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { googleKey } from '../../functions/test/helpers/google.ts';
import { runOffServerCore } from '../lib/cpu-affinity.ts';
import { startFakeGoogle } from '../lib/fake-google.ts';
import { startFirestoreProcess } from '../lib/firestore.ts';
import type { Check, Section } from '../lib/report.ts';
import { runInterleaved } from '../lib/rounds.ts';
import type { Sizes } from '../lib/sizes.ts';
import { formatRatio, formatSpread, quantile, spreadOf } from '../lib/stats.ts';
import { firebaseToken } from '../lib/tokens.ts';
import { API, HELLO, listFunctions } from './functions.ts';
import { type FunctionStart, measureStart, type StartResult } from './measure-start.ts';

const BASE = 'hello world';
const AUTHENTICATED = 'api, with token';
/** MiB of a MB. */
const MB = 1.048576;

/** Measures the time from process start to the first response of each function, relative to a hello world of the same SDK. */
export function coldStart({ short, coldStart: { rounds } }: Sizes): Promise<Section> {
  return runOffServerCore(async () => {
    const [fakeGoogle, firestore] = await Promise.all([startFakeGoogle(googleKey), startFirestoreProcess()]);
    const caches = mkdtempSync(join(tmpdir(), 'gatehouse-bench-'));
    const token = await firebaseToken();
    const all = await listFunctions({ google: fakeGoogle.port, firestore: firestore.host, token });
    const starts: Record<string, FunctionStart> = short
      ? { [BASE]: HELLO, api: API }
      : {
          ...all,
          ...withCompileCache(
            { [BASE]: HELLO, api: API, [AUTHENTICATED]: all[AUTHENTICATED] ?? API },
            caches,
          ),
        };
    const names = Object.keys(starts);
    // The first round loads the files into the page cache and fills the compile caches.
    const runs = await runInterleaved(names, (name) => measureStart(starts[name] ?? HELLO), {
      rounds,
      warmUp: 1,
    });
    rmSync(caches, { recursive: true });
    firestore.stop();
    fakeGoogle.stop();
    return report(runs, names, short);
  });
}

/** The same functions with V8's compile cache, each in its own folder. */
function withCompileCache(
  starts: Readonly<Record<string, FunctionStart>>,
  folder: string,
): Record<string, FunctionStart> {
  return Object.fromEntries(
    Object.entries(starts).map(([name, one]) => {
      const env = { ...one.env, NODE_COMPILE_CACHE: join(folder, name.replaceAll(/\W/g, '-')) };
      return [`${name}, compile cache`, { ...one, env }];
    }),
  );
}

function report(
  runs: Readonly<Record<string, readonly StartResult[]>>,
  names: readonly string[],
  short: boolean,
): Section {
  const of = (name: string, what: keyof StartResult) => spreadOf((runs[name] ?? []).map((run) => run[what]));
  const baseOf = (name: string) => (name.endsWith('compile cache') ? `${BASE}, compile cache` : BASE);
  const relativeTo = (name: string, what: 'wall' | 'cpu') =>
    of(name, what).median / of(baseOf(name), what).median;
  const isComparable = (name: string) =>
    !name.startsWith(BASE) && !name.includes(', ') && !NOT_COMPARABLE.some((one) => name.startsWith(one));
  // The minimum is the round with the least disturbance.
  const fastest = (name: string) =>
    quantile(
      (runs[name] ?? []).map(({ wall }) => wall),
      0,
    ) /
    quantile(
      (runs[baseOf(name)] ?? []).map(({ wall }) => wall),
      0,
    );
  const checks: Check[] = names
    .filter(isComparable)
    .map((name) => ({ budget: 'coldStart', of: name, value: relativeTo(name, short ? 'cpu' : 'wall') }));
  if (names.includes(AUTHENTICATED))
    checks.push({
      budget: 'authenticatedColdStart',
      of: 'api',
      value: relativeTo(AUTHENTICATED, short ? 'cpu' : 'wall'),
    });
  return {
    tables: [
      {
        title: `Process start to first response: median of ${runs[BASE]?.length} (min–max)`,
        head: ['', 'ms', 'relative to hello world', 'ratio of minima', 'CPU ms', 'by CPU time', 'RSS MB'],
        rows: names.map((name) => [
          name,
          formatSpread(of(name, 'wall')),
          ...(name === baseOf(name)
            ? ['', '']
            : [formatRatio(relativeTo(name, 'wall')), formatRatio(fastest(name))]),
          formatSpread(of(name, 'cpu')),
          name === baseOf(name) ? '' : formatRatio(relativeTo(name, 'cpu')),
          (of(name, 'rss').median * MB).toFixed(0),
        ]),
      },
    ],
    checks: [...checks, { budget: 'idleMemory', value: of('api', 'rss').max * MB }],
    charts: [
      {
        ...{ file: 'cold-start', title: 'Process start to first response', unit: 'ms', highlighted: 'api' },
        bars: names.map((label) => ({ label, ...of(label, 'wall') })),
      },
    ],
    raw: runs,
    notes: [
      'Without a token, `api` responds with 200 and a callable with 401. With a token, and in blocking functions (200), events and the schedule, they do their work: they fetch keys or call Firebase Auth and, except for sign-up and `onUserDeleted`, load Firestore’s SDK. Hello world does none of this.',
    ],
  };
}

/** Functions that do network calls before their first response. */
const NOT_COMPARABLE = ['beforeUser', 'onUser', 'reconcileAccess'];
