import { authenticate } from '../../functions/src/authn/authenticate.ts';
import { createVerifiedTokenCache } from '../../functions/src/authn/token-cache.ts';
import { ANONYMOUS, createPrincipal } from '../../functions/src/authz/principal.ts';
import { loadConfig } from '../../functions/src/config.ts';
import { PROJECT } from '../../functions/test/helpers/google.ts';
import { openInstance } from '../../functions/test/helpers/open-instance.ts';
import type { Section } from '../lib/report.ts';
import type { Sizes } from '../lib/sizes.ts';
import { formatNumber, wholeNumber } from '../lib/stats.ts';
import { openFixture } from '../verification/fixture.ts';

const STEPS = 10;
/** Many more tokens than the cache holds, so that a repeated token is not in the cache. */
const DISTINCT = 100_000;

interface Point {
  readonly tokens: number;
  /** MiB, after garbage collection. */
  readonly heap: number;
  readonly rss: number;
}

/** Measures the memory that distinct tokens take, in the cache alone and in `authenticate`. Needs --expose-gc. */
export async function memory({ memory: { cached, firstSights } }: Sizes): Promise<Section> {
  const inCache = await fillCache(cached);
  const verified = await verifyMany(firstSights);
  const growth = (points: readonly Point[]) => (points.at(-1)?.heap ?? 0) - (points[0]?.heap ?? 0);
  const table = (title: string, points: readonly Point[]) => ({
    title,
    head: ['distinct tokens', 'heap MiB', 'RSS MiB'],
    rows: points.map(({ tokens, heap, rss }) => [wholeNumber(tokens), formatNumber(heap), formatNumber(rss)]),
  });
  return {
    tables: [
      table('Token cache', inCache),
      table(`First verifications of up to ${wholeNumber(DISTINCT)} real tokens, repeated`, verified),
    ],
    checks: [
      { budget: 'flatMemory', of: 'token cache', value: growth(inCache) },
      { budget: 'flatMemory', of: 'first verifications', value: growth(verified) },
    ],
    raw: { inCache, verified },
    notes: [
      'The resident memory includes the measurement and its tokens. The heap shows whether memory grows.',
    ],
  };
}

function measureMemory(tokens: number): Point {
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
    if (index % (count / STEPS) === 0) points.push(measureMemory(index));
  }
  return points;
}

async function verifyMany(count: number): Promise<Point[]> {
  const fixture = await openFixture(Math.min(DISTINCT, count));
  const { tokens } = fixture;
  const deps = openInstance(loadConfig({ GCLOUD_PROJECT: PROJECT }), fixture);
  const points: Point[] = [];
  for (let index = 1; index <= count; index++) {
    const token = tokens[index % tokens.length] ?? '';
    await authenticate(deps, { authenticator: deps.bearer, value: token }, { fresh: false });
    if (index % (count / STEPS) === 0) points.push(measureMemory(index));
  }
  await fixture.close();
  return points;
}
