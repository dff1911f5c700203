import { googleKey } from '../../functions/test/helpers/google.ts';
import { runOffServerCore } from '../lib/cpu-affinity.ts';
import { startFakeGoogle } from '../lib/fake-google.ts';
import { startFirestoreProcess } from '../lib/firestore.ts';
import type { Section } from '../lib/report.ts';
import { runInterleaved } from '../lib/rounds.ts';
import type { Sizes } from '../lib/sizes.ts';
import { formatRatio, formatSpread, spreadOf, wholeNumber } from '../lib/stats.ts';
import { cognitoToken, firebaseToken } from '../lib/tokens.ts';
import { CONNECTIONS, createSession, type Load, load, startServer } from './load.ts';
import { SERVERS, type ServerName } from './servers.ts';

/** Milliseconds that the fake Firebase Auth takes for an account look-up. */
const LOOKUP_MS = 20;
const OURS = 'Gatehouse';
const BY_COOKIE = 'Gatehouse, session cookie';
/** The servers of a short run: those with a budget. */
const BUDGETED: readonly ServerName[] = [
  'bare Express',
  OURS,
  BY_COOKIE,
  'express-oauth2-jwt-bearer',
  'verifyIdToken with a 20 ms look-up',
];

/** GET /v1/me: the full pipeline compared with servers that only verify the token, each in its own process. */
export function http(sizes: Sizes): Promise<Section> {
  const {
    short,
    http: { repetitions, warmUp, rounds, seconds },
  } = sizes;
  return runOffServerCore(async () => {
    const [fakeGoogle, firestore] = await Promise.all([
      startFakeGoogle(googleKey, LOOKUP_MS),
      startFirestoreProcess(),
    ]);
    const headers = { 'x-forwarded-proto': 'https' };
    const [firebase, cognito] = await Promise.all([firebaseToken(), cognitoToken()]);
    const bearer = (token: string) => ({ ...headers, authorization: `Bearer ${token}` });
    const options = { googlePort: fakeGoogle.port, firestoreHost: firestore.host, body: '' };
    const { body, cookie } = await prepare(options, bearer(firebase));
    function headersFor(name: ServerName) {
      if (name === BY_COOKIE) return { ...headers, cookie };
      return bearer(name.includes('Cognito') ? cognito : firebase);
    }

    const names = short ? BUDGETED : (Object.keys(SERVERS) as ServerName[]);
    const loads: Loads = {};
    for (let repetition = 0; repetition < repetitions; repetition++) {
      const servers = await Promise.all(names.map((name) => startServer(name, { ...options, body })));
      const send = (name: ServerName, duration: number) => {
        const server = servers[names.indexOf(name)];
        if (server === undefined) throw new Error(name);
        return load(server, { headers: headersFor(name), duration });
      };
      for (const name of names) await send(name, warmUp);
      const measured = await runInterleaved(names, (name) => send(name, seconds), { rounds });
      for (const name of names) loads[name] = [...(loads[name] ?? []), ...measured[name]];
      for (const server of servers) await server.stop();
    }
    firestore.stop();
    fakeGoogle.stop();
    return report(loads, names, { ...sizes, bytes: body.length });
  });
}

/** The body of Gatehouse's response, which all servers send, and the cookie of a session. */
async function prepare(options: Parameters<typeof startServer>[1], headers: Record<string, string>) {
  const server = await startServer(OURS, options);
  try {
    const response = await fetch(server.url, { headers });
    const body = await response.text();
    if (!response.ok) throw new Error(`GET /v1/me: ${response.status} ${body}`);
    return { body, cookie: await createSession(server.url, headers) };
  } finally {
    await server.stop();
  }
}

/** The measurements of each server, in order. */
type Loads = Partial<Record<ServerName, readonly Load[]>>;

function report(
  loads: Loads,
  names: readonly ServerName[],
  { short, http: { repetitions, rounds, seconds }, bytes }: Sizes & { readonly bytes: number },
): Section {
  const all = (name: string, what: keyof Load) => (loads[name as ServerName] ?? []).map((one) => one[what]);
  const of = (name: string, what: keyof Load) => spreadOf(all(name, what));
  if (names.some((name) => of(name, 'rejected').max > 0)) throw new Error('some requests were rejected');
  // Compares round by round, so that other load on the machine affects both servers.
  const ratioByRound = (name: string, other: string, what: keyof Load) => {
    const below = all(other, what);
    return spreadOf(all(name, what).map((value, index) => value / (below[index] ?? Number.NaN)));
  };
  const relativeTo = (name: string) => ratioByRound(OURS, name, 'rate').median;
  // A short run can share its machine, so it compares CPU time per request.
  const budgetValue = (name: string) => (short ? ratioByRound(name, OURS, 'cpu').median : relativeTo(name));
  const maxGeneratorLoad = Math.max(...names.map((name) => of(name, 'generator').max));
  return {
    tables: [
      {
        title: `GET /v1/me, ${bytes} bytes, ${CONNECTIONS} connections: median of ${repetitions * rounds} rounds of ${seconds} s (min–max)`,
        head: ['', 'requests/s', 'p50 ms', 'p99 ms', 'CPU µs per request', 'Gatehouse relative to it'],
        rows: names.map((name) => [
          name,
          formatSpread(of(name, 'rate')),
          formatSpread(of(name, 'p50')),
          formatSpread(of(name, 'p99')),
          formatSpread(of(name, 'cpu')),
          name === OURS ? '' : formatRatio(relativeTo(name)),
        ]),
      },
    ],
    checks: [
      { budget: 'bareExpress', value: budgetValue('bare Express') },
      { budget: 'auth0', value: budgetValue('express-oauth2-jwt-bearer') },
      {
        budget: 'cookie',
        value: short
          ? ratioByRound(BY_COOKIE, OURS, 'cpu').median
          : ratioByRound(OURS, BY_COOKIE, 'rate').median,
      },
      { budget: 'verifyIdToken', value: budgetValue('verifyIdToken with a 20 ms look-up') },
    ],
    charts: [
      {
        ...{
          file: 'http',
          title: 'GET /v1/me, one core: requests per second',
          unit: '/s',
          highlighted: OURS,
        },
        bars: names.map((label) => ({ label, ...of(label, 'rate') })),
      },
    ],
    raw: loads,
    notes: [
      `The load generator used at most ${wholeNumber(100 * maxGeneratorLoad)} % of a core${maxGeneratorLoad > 0.9 ? ': IT WAS THE BOTTLENECK, not the server' : ''}.`,
    ],
  };
}
