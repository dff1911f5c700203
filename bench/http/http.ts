import { googleKey } from '../../functions/test/helpers/google.ts';
import { offServerCore } from '../lib/core.ts';
import { startFirestoreProcess } from '../lib/firestore.ts';
import { startOutside } from '../lib/outside.ts';
import type { Section } from '../lib/report.ts';
import { inTurns } from '../lib/rounds.ts';
import type { Sizes } from '../lib/sizes.ts';
import { spreadOf, times, whole, withSpread } from '../lib/stats.ts';
import { cognitoToken, firebaseToken } from '../lib/tokens.ts';
import { CONNECTIONS, type Load, load, startServer } from './load.ts';
import { SERVERS, type ServerName } from './servers.ts';

/** Milliseconds that Firebase Auth takes to say whether a token was revoked, for those who ask at each request. */
const LOOKUP_MS = 20;
const OURS = 'Gatehouse';
/** In a short run only those that a budget is about. */
const BUDGETED: readonly ServerName[] = ['bare Express', OURS, 'express-oauth2-jwt-bearer'];

/** GET /v1/me: the full pipeline against peers that only look at the token, each in a process of its own, in turns. */
export function http(sizes: Sizes): Promise<Section> {
  const {
    short,
    http: { sittings, warmUp, rounds, seconds },
  } = sizes;
  return offServerCore(async () => {
    const [outside, firestore] = await Promise.all([
      startOutside(googleKey, LOOKUP_MS),
      startFirestoreProcess(),
    ]);
    const headers = { 'x-forwarded-proto': 'https' };
    const [ofFirebase, ofCognito] = await Promise.all([firebaseToken(), cognitoToken()]);
    const headersFor = (name: ServerName) => ({
      ...headers,
      authorization: `Bearer ${name.includes('Cognito') ? ofCognito : ofFirebase}`,
    });
    const places = { outside: outside.port, firestore: firestore.host, body: '' };
    const body = await ask(places);

    const names = short ? BUDGETED : (Object.keys(SERVERS) as ServerName[]);
    const loads: Loads = {};
    for (let sitting = 0; sitting < sittings; sitting++) {
      const servers = await Promise.all(names.map((name) => startServer(name, { ...places, body })));
      const send = (name: ServerName, duration: number) => {
        const server = servers[names.indexOf(name)];
        if (server === undefined) throw new Error(name);
        return load(server, { headers: headersFor(name), duration });
      };
      for (const name of names) await send(name, warmUp);
      const measured = await inTurns(names, (name) => send(name, seconds), { rounds });
      for (const name of names) loads[name] = [...(loads[name] ?? []), ...measured[name]];
      for (const server of servers) await server.stop();
    }
    firestore.stop();
    outside.stop();
    return report(loads, names, { ...sizes, bytes: body.length });

    /** Gatehouse's own answer, so that the peers' is the same. */
    async function ask(places: Parameters<typeof startServer>[1]): Promise<string> {
      const server = await startServer(OURS, places);
      const answer = await fetch(server.url, { headers: headersFor(OURS) });
      const text = await answer.text();
      await server.stop();
      if (!answer.ok) throw new Error(`GET /v1/me: ${answer.status} ${text}`);
      return text;
    }
  });
}

/** What was measured of each, in order. */
type Loads = Partial<Record<ServerName, readonly Load[]>>;

function report(
  loads: Loads,
  names: readonly ServerName[],
  { short, http: { sittings, rounds, seconds }, bytes }: Sizes & { readonly bytes: number },
): Section {
  const all = (name: string, what: keyof Load) => (loads[name as ServerName] ?? []).map((one) => one[what]);
  const of = (name: string, what: keyof Load) => spreadOf(all(name, what));
  if (names.some((name) => of(name, 'refused').max > 0)) throw new Error('some were refused');
  // Round by round: what the machine did in those few seconds, it did to both.
  const quotient = (name: string, other: string, what: keyof Load) => {
    const below = all(other, what);
    return spreadOf(all(name, what).map((value, index) => value / (below[index] ?? Number.NaN)));
  };
  const against = (name: string) => quotient(OURS, name, 'rate').median;
  // A short run may share its machine: by CPU time a request, which others do not take away.
  const judged = (name: string) => (short ? quotient(name, OURS, 'cpu').median : against(name));
  const busiest = Math.max(...names.map((name) => of(name, 'generator').max));
  return {
    tables: [
      {
        title: `GET /v1/me, ${bytes} bytes, ${CONNECTIONS} connections: median of ${sittings * rounds} rounds of ${seconds} s (least–most)`,
        head: ['', 'requests/s', 'p50 ms', 'p99 ms', 'CPU µs a request', 'Gatehouse against it'],
        rows: names.map((name) => [
          name,
          withSpread(of(name, 'rate')),
          withSpread(of(name, 'p50')),
          withSpread(of(name, 'p99')),
          withSpread(of(name, 'cpu')),
          name === OURS ? '' : times(against(name)),
        ]),
      },
    ],
    checks: [
      { budget: 'bareExpress', value: judged('bare Express') },
      { budget: 'auth0', value: judged('express-oauth2-jwt-bearer') },
    ],
    charts: [
      {
        ...{ file: 'http', title: 'GET /v1/me, one core: requests per second', unit: '/s', ours: OURS },
        bars: names.map((label) => ({ label, ...of(label, 'rate') })),
      },
    ],
    raw: loads,
    notes: [
      `The load took at most ${whole(100 * busiest)} % of a core${busiest > 0.9 ? ': IT WAS THE LIMIT, not the server' : ''}.`,
    ],
  };
}
