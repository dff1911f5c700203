import { authenticate } from '../../functions/src/authn/authenticate.ts';
import { createVerifiedTokenCache } from '../../functions/src/authn/token-cache.ts';
import { ANONYMOUS, createPrincipal } from '../../functions/src/authz/principal.ts';
import { loadConfig } from '../../functions/src/config.ts';
import { PROJECT } from '../../functions/test/helpers/google.ts';
import { openInstance } from '../../functions/test/helpers/open-instance.ts';
import type { Section } from '../lib/report.ts';
import type { Sizes } from '../lib/sizes.ts';
import { figure, whole } from '../lib/stats.ts';
import { openWorld } from '../verification/world.ts';

const STEPS = 10;
/** Many times what the cache holds: a token that comes again is as new to it as one that never came. */
const DISTINCT = 100_000;

interface Point {
  readonly tokens: number;
  /** MiB, after garbage was collected. */
  readonly heap: number;
  readonly rss: number;
}

/** What distinct tokens leave behind: in the cache alone, and in all that authenticates. Needs --expose-gc. */
export async function memory({ memory: { cached, firstSights } }: Sizes): Promise<Section> {
  const inCache = await fillCache(cached);
  const verified = await verifyMany(firstSights);
  const growth = (points: readonly Point[]) => (points.at(-1)?.heap ?? 0) - (points[0]?.heap ?? 0);
  const table = (title: string, points: readonly Point[]) => ({
    title,
    head: ['distinct tokens', 'heap MiB', 'RSS MiB'],
    rows: points.map(({ tokens, heap, rss }) => [whole(tokens), figure(heap), figure(rss)]),
  });
  return {
    tables: [
      table('The cache of verified tokens', inCache),
      table(`First sights: real tokens, ${whole(DISTINCT)} at the most, over and over`, verified),
    ],
    checks: [
      { budget: 'flatMemory', of: 'the cache', value: growth(inCache) },
      { budget: 'flatMemory', of: 'first sights', value: growth(verified) },
    ],
    raw: { inCache, verified },
    notes: [
      'The resident memory is that of the measurement, its tokens included; the heap is what grows or does not.',
    ],
  };
}

function measured(tokens: number): Point {
  globalThis.gc?.();
  globalThis.gc?.();
  const { heapUsed, rss } = process.memoryUsage();
  return { tokens, heap: heapUsed / 2 ** 20, rss: rss / 2 ** 20 };
}

async function fillCache(count: number): Promise<Point[]> {
  const cache = createVerifiedTokenCache();
  const points: Point[] = [];
  for (let index = 1; index <= count; index++) {
    const subject = `user-${index}`;
    const principal = createPrincipal({
      ...{ ...ANONYMOUS, kind: 'user', subject, roles: ['member'], tokenExpiresAt: 2 ** 40 },
    });
    const directoryVersion = { id: subject, rolesVersion: 1, validAfter: 0 };
    const verified = { principal, directoryVersion, validUntil: 2 ** 40 };
    await cache.get(`${'x'.repeat(900)}.${index}`, 0, async () => verified);
    if (index % (count / STEPS) === 0) points.push(measured(index));
  }
  return points;
}

async function verifyMany(count: number): Promise<Point[]> {
  const world = await openWorld(Math.min(DISTINCT, count));
  const { tokens } = world;
  const deps = openInstance(loadConfig({ GCLOUD_PROJECT: PROJECT }), world);
  const points: Point[] = [];
  for (let index = 1; index <= count; index++) {
    const token = tokens[index % tokens.length] ?? '';
    await authenticate(deps, { authenticator: deps.bearer, value: token }, { fresh: false });
    if (index % (count / STEPS) === 0) points.push(measured(index));
  }
  await world.close();
  return points;
}
