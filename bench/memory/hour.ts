import { googleKey } from '../../functions/test/helpers/google.ts';
import { load, type RunningServer, startServer } from '../http/load.ts';
import { runOffServerCore } from '../lib/cpu-affinity.ts';
import { startFakeGoogle } from '../lib/fake-google.ts';
import { openFirestoreAt, startFirestoreProcess } from '../lib/firestore.ts';
import { readUsage } from '../lib/process.ts';
import type { Section } from '../lib/report.ts';
import type { Sizes } from '../lib/sizes.ts';
import { formatNumber, wholeNumber } from '../lib/stats.ts';
import { mintTokens } from '../tokens/mint.ts';

const STEPS = 10;
/** Seconds between two tokens of a user. Less than the lifetime of an hour, because users close and reopen the client. */
const REFRESH = 1500;
/** Share of the users that are revoked within an hour. Each of them continues with a new token. */
const REVOKED = 0.1;
/** If more requests are rejected, the machine was too slow and the tokens expired during the run. */
const MAX_REJECTED = 0.1;

interface Point {
  readonly requests: number;
  readonly rejected: number;
  readonly minutes: number;
  readonly heap: number;
  readonly rss: number;
}

/**
 * Simulates more than an hour of requests in minutes: users get new tokens, some are revoked, and the clocks of the API and
 * Firestore run faster. So entries that an instance drops after an hour are dropped here, too.
 */
export function hour({ hour: size }: Sizes): Promise<Section> {
  return runOffServerCore(async () => {
    const { requests, users, perSecond, hours } = size;
    const origin = Date.now();
    const speed = (hours * 3600 * perSecond) / requests;
    const tokens = await mintFor(users, origin / 1000, hours);
    const startedAt = Date.now();
    const clock = () => origin + (Date.now() - startedAt) * speed;
    const fastClock = {
      execArgv: [`--import=${new URL('fast-clock.mjs', import.meta.url).pathname}`],
      env: {
        BENCH_CLOCK_ORIGIN: String(origin),
        BENCH_CLOCK_START: String(startedAt),
        BENCH_CLOCK_SPEED: String(speed),
      },
    };
    const [fakeGoogle, firestore] = await Promise.all([
      startFakeGoogle(googleKey),
      startFirestoreProcess(fastClock),
    ]);
    const options = { googlePort: fakeGoogle.port, firestoreHost: firestore.host, body: '' };
    const server = await startServer('Gatehouse', options, fastClock);
    const revokeTimer = startRevoking(firestore.host, users, clock, speed);
    try {
      return report(await runLoad(server, { ...size, tokens, clock, origin }));
    } finally {
      clearInterval(revokeTimer);
      await server.stop();
      firestore.stop();
      fakeGoogle.stop();
    }
  });
}

/** Creates consecutive tokens for each user, for twice the duration. The first one is issued before the start. */
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
  /** The newest token of a user that is issued at `now` (seconds since 1970). */
  return (user: number, now: number) => {
    const generation = Math.floor((now - 5 - began) / REFRESH + 1 + user / users);
    return minted[Math.min(generations - 1, Math.max(0, generation)) * users + user] ?? '';
  };
}

/** Revokes the tokens of users at intervals, with the access change that another instance would write. */
function startRevoking(host: string, users: number, clock: () => number, speed: number): NodeJS.Timeout {
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

interface LoadPlan {
  readonly requests: number;
  readonly users: number;
  readonly perSecond: number;
  readonly tokens: (user: number, now: number) => string;
  readonly clock: () => number;
  readonly origin: number;
}

async function runLoad(server: RunningServer, plan: LoadPlan): Promise<Point[]> {
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
  let rejected = 0;
  for (let step = 1; step <= STEPS; step++) {
    const done = await load(server, {
      amount: requests / STEPS,
      overallRate: perSecond,
      requests: [{ setupRequest }],
    });
    rejected += done.rejected;
    points.push({
      ...{ requests: (step * requests) / STEPS, rejected, minutes: (clock() - origin) / 60_000 },
      ...{ heap: await server.heap(), rss: readUsage(server.pid).rss },
    });
  }
  if (rejected > MAX_REJECTED * requests)
    throw new Error(`${rejected} of ${requests} requests were rejected: the machine is too slow`);
  return points;
}

function report(points: readonly Point[]): Section {
  // The cache is full at the midpoint.
  const midpoint = points[Math.floor(STEPS / 2) - 1];
  return {
    tables: [
      {
        title: 'One instance during more than an hour of requests',
        head: ['requests', 'rejected as stale', 'minutes on its clock', 'heap MiB', 'RSS MiB'],
        rows: points.map(({ requests, rejected, minutes, heap, rss }) => [
          ...[
            wholeNumber(requests),
            wholeNumber(rejected),
            wholeNumber(minutes),
            formatNumber(heap),
            formatNumber(rss),
          ],
        ]),
      },
    ],
    raw: points,
    checks: [
      {
        budget: 'flatMemory',
        of: 'second half of the hour',
        value: (points.at(-1)?.heap ?? Number.NaN) - (midpoint?.heap ?? 0),
      },
    ],
  };
}
