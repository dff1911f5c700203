import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { googleKey } from '../../functions/test/helpers/google.ts';
import { offServerCore } from '../lib/core.ts';
import { startFirestoreProcess } from '../lib/firestore.ts';
import { startOutside } from '../lib/outside.ts';
import type { Check, Section } from '../lib/report.ts';
import { inTurns } from '../lib/rounds.ts';
import type { Sizes } from '../lib/sizes.ts';
import { quantile, spreadOf, times, withSpread } from '../lib/stats.ts';
import { firebaseToken } from '../lib/tokens.ts';
import { API, functionsUnder, HELLO } from './functions.ts';
import { type Start, type Started, start } from './start.ts';

const BASE = 'hello world';
/** MiB of a MB. */
const MB = 1.048576;

/** From starting the process to the first answer, each function against a hello world of the same SDK. */
export function coldStart({ short, coldStart: { rounds } }: Sizes): Promise<Section> {
  return offServerCore(async () => {
    const [outside, firestore] = await Promise.all([startOutside(googleKey), startFirestoreProcess()]);
    const caches = mkdtempSync(join(tmpdir(), 'gatehouse-bench-'));
    const token = await firebaseToken();
    const all = await functionsUnder({ google: outside.port, firestore: firestore.host, token });
    const starts: Record<string, Start> = short
      ? { [BASE]: HELLO, api: API }
      : {
          ...all,
          ...cached({ [BASE]: HELLO, api: API, 'api, a token': all['api, a token'] ?? API }, caches),
        };
    const names = Object.keys(starts);
    // The first round brings the files into memory and fills the compile caches.
    const runs = await inTurns(names, (name) => start(starts[name] ?? HELLO), { rounds, warmUp: 1 });
    rmSync(caches, { recursive: true });
    firestore.stop();
    outside.stop();
    return report(runs, names, short);
  });
}

/** The same with V8's compile cache, each with a folder of its own. */
function cached(starts: Readonly<Record<string, Start>>, folder: string): Record<string, Start> {
  return Object.fromEntries(
    Object.entries(starts).map(([name, one]) => {
      const env = { ...one.env, NODE_COMPILE_CACHE: join(folder, name.replaceAll(/\W/g, '-')) };
      return [`${name}, compile cache`, { ...one, env }];
    }),
  );
}

function report(
  runs: Readonly<Record<string, readonly Started[]>>,
  names: readonly string[],
  short: boolean,
): Section {
  const of = (name: string, what: keyof Started) => spreadOf((runs[name] ?? []).map((run) => run[what]));
  const baseOf = (name: string) => (name.endsWith('compile cache') ? `${BASE}, compile cache` : BASE);
  const against = (name: string, what: 'wall' | 'cpu') =>
    of(name, what).median / of(baseOf(name), what).median;
  const asksNobody = (name: string) =>
    !name.startsWith(BASE) && !name.includes(', ') && !ASKING.some((one) => name.startsWith(one));
  // The least time of all rounds is the one that was disturbed least.
  const least = (name: string) =>
    quantile(
      (runs[name] ?? []).map(({ wall }) => wall),
      0,
    ) /
    quantile(
      (runs[baseOf(name)] ?? []).map(({ wall }) => wall),
      0,
    );
  const checks: Check[] = names
    .filter(asksNobody)
    .map((name) => ({ budget: 'coldStart', of: name, value: against(name, short ? 'cpu' : 'wall') }));
  return {
    tables: [
      {
        title: `Process start to the first answer: median of ${runs[BASE]?.length} (least–most)`,
        head: ['', 'ms', 'against hello world', 'by the least', 'CPU ms', 'by CPU time', 'RSS MB'],
        rows: names.map((name) => [
          name,
          withSpread(of(name, 'wall')),
          ...(name === baseOf(name) ? ['', ''] : [times(against(name, 'wall')), times(least(name))]),
          withSpread(of(name, 'cpu')),
          name === baseOf(name) ? '' : times(against(name, 'cpu')),
          (of(name, 'rss').median * MB).toFixed(0),
        ]),
      },
    ],
    checks: [...checks, { budget: 'idleMemory', value: of('api', 'rss').max * MB }],
    charts: [
      {
        ...{ file: 'cold-start', title: 'Process start to the first answer', unit: 'ms', ours: 'api' },
        bars: names.map((label) => ({ label, ...of(label, 'wall') })),
      },
    ],
    raw: runs,
    notes: [
      'Without a token, `api` answers 200 and a callable 401. Those with a token, the blocking functions (200), the events and the schedule do their work: they fetch keys or ask Firebase Auth and, all but the sign-up and `onUserDeleted`, load Firestore’s SDK; hello world does nothing of the kind.',
    ],
  };
}

/** They do more before their first answer than hello world can be compared with. */
const ASKING = ['beforeUser', 'onUser', 'reconcileAccess'];
