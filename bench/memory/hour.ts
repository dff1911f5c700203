import { googleKey } from '../../functions/test/helpers/google.ts';
import { load, type RunningServer, startServer } from '../http/load.ts';
import { offServerCore } from '../lib/core.ts';
import { openFirestoreAt, startFirestoreProcess } from '../lib/firestore.ts';
import { startOutside } from '../lib/outside.ts';
import { usageOf } from '../lib/process.ts';
import type { Section } from '../lib/report.ts';
import type { Sizes } from '../lib/sizes.ts';
import { figure, whole } from '../lib/stats.ts';
import { mintTokens } from '../tokens/mint.ts';

const STEPS = 10;
/** Each user's next token, in seconds: clients refresh at five minutes before the hour, these come and go. */
const REFRESH = 1500;
/** Share of the users whose tokens are revoked in an hour; each goes on with the next one. */
const REVOKED = 0.1;
/** More refused than that, and the machine was too slow: the tokens ended before the requests. */
const MOST_REFUSED = 0.1;

interface Point {
  readonly requests: number;
  readonly refused: number;
  readonly minutes: number;
  readonly heap: number;
  readonly rss: number;
}

/**
 * More than an hour of requests in minutes: users come with new tokens, others are revoked, and the clock of API and
 * Firestore runs as much faster. So everything that an hour makes an instance forget is forgotten here, too.
 */
export function hour({ hour: size }: Sizes): Promise<Section> {
  return offServerCore(async () => {
    const { requests, users, perSecond, hours } = size;
    const origin = Date.now();
    const speed = (hours * 3600 * perSecond) / requests;
    const tokens = await mintFor(users, origin / 1000, hours);
    const began = Date.now();
    const clock = () => origin + (Date.now() - began) * speed;
    const fast = {
      execArgv: [`--import=${new URL('fast-clock.mjs', import.meta.url).pathname}`],
      env: {
        BENCH_CLOCK_ORIGIN: String(origin),
        BENCH_CLOCK_BEGAN: String(began),
        BENCH_CLOCK_SPEED: String(speed),
      },
    };
    const [outside, firestore] = await Promise.all([startOutside(googleKey), startFirestoreProcess(fast)]);
    const places = { outside: outside.port, firestore: firestore.host, body: '' };
    const server = await startServer('Gatehouse', places, fast);
    const revoking = revoke(firestore.host, users, clock, speed);
    try {
      return report(await drive(server, { ...size, tokens, clock, origin }));
    } finally {
      clearInterval(revoking);
      await server.stop();
      firestore.stop();
      outside.stop();
    }
  });
}

/** Tokens of each user, one after the other, for as long as it takes and once more; the first from before the beginning. */
async function mintFor(users: number, began: number, hours: number) {
  const generations = Math.ceil((2 * hours * 3600) / REFRESH) + 2;
  const issuedAt = (user: number, generation: number) =>
    Math.floor(began + (generation - 1 - user / users) * REFRESH);
  const claims = Array.from({ length: users * generations }, (_, index) => {
    const iat = issuedAt(index % users, Math.floor(index / users));
    const sub = `user-${index % users}`;
    return {
      ...{ sub, user_id: sub, email: `${sub}@example.com`, roles: ['member'], rv: 1 },
      ...{ iat, auth_time: iat, exp: iat + 3600 },
    };
  });
  const minted = await mintTokens(claims);
  /** The newest one of a user that was issued by then (seconds). */
  return (user: number, now: number) => {
    const generation = Math.floor((now - 5 - began) / REFRESH + 1 + user / users);
    return minted[Math.min(generations - 1, Math.max(0, generation)) * users + user] ?? '';
  };
}

/** As another instance does it: `validAfter` of somebody is now. */
function revoke(host: string, users: number, clock: () => number, speed: number): NodeJS.Timeout {
  const open = openFirestoreAt(host);
  let count = 0;
  return setInterval(
    async () => {
      const { db, Timestamp } = await open();
      const at = Timestamp.fromMillis(Math.floor(clock()));
      const uid = `user-${(count++ * 7919) % users}`;
      await db.collection('accessChanges').add({ uid, validAfter: Math.floor(clock() / 1000), at });
    },
    3_600_000 / (REVOKED * users) / speed,
  );
}

interface Drive {
  readonly requests: number;
  readonly users: number;
  readonly perSecond: number;
  readonly tokens: (user: number, now: number) => string;
  readonly clock: () => number;
  readonly origin: number;
}

async function drive(server: RunningServer, plan: Drive): Promise<Point[]> {
  const { requests, users, perSecond, tokens, clock, origin } = plan;
  const points: Point[] = [];
  let sent = 0;
  const setupRequest = (request: { headers: Record<string, string> }) => {
    const user = (sent++ * 31) % users;
    request.headers = {
      'x-forwarded-proto': 'https',
      authorization: `Bearer ${tokens(user, clock() / 1000)}`,
    };
    return request;
  };
  let refused = 0;
  for (let step = 1; step <= STEPS; step++) {
    const done = await load(server, {
      amount: requests / STEPS,
      overallRate: perSecond,
      requests: [{ setupRequest }],
    });
    refused += done.refused;
    points.push({
      ...{ requests: (step * requests) / STEPS, refused, minutes: (clock() - origin) / 60_000 },
      ...{ heap: await server.heap(), rss: usageOf(server.pid).rss },
    });
  }
  if (refused > MOST_REFUSED * requests)
    throw new Error(`${refused} of ${requests} refused: too slow a machine`);
  return points;
}

function report(points: readonly Point[]): Section {
  // By then the cache is full.
  const settled = points[Math.floor(STEPS / 2) - 1];
  return {
    tables: [
      {
        title: 'An instance through more than an hour of requests',
        head: ['requests', 'refused as stale', 'minutes by its clock', 'heap MiB', 'RSS MiB'],
        rows: points.map(({ requests, refused, minutes, heap, rss }) => [
          ...[whole(requests), whole(refused), whole(minutes), figure(heap), figure(rss)],
        ]),
      },
    ],
    raw: points,
    checks: [
      {
        budget: 'flatMemory',
        of: 'the second half of the hour',
        value: (points.at(-1)?.heap ?? Number.NaN) - (settled?.heap ?? 0),
      },
    ],
  };
}
