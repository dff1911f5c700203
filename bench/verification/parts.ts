import { hash } from 'node:crypto';
import { authenticate } from '../../functions/src/authn/authenticate.ts';
import { parseCompactJws } from '../../functions/src/authn/parse-jws.ts';
import { createVerifiedTokenCache } from '../../functions/src/authn/token-cache.ts';
import { decide } from '../../functions/src/authz/decide.ts';
import { loadConfig } from '../../functions/src/config.ts';
import { seconds, systemClock } from '../../functions/src/core/clock.ts';
import { createRevocationFeed } from '../../functions/src/directory/revocation/feed.ts';
import { PROJECT } from '../../functions/test/helpers/google.ts';
import { openInstance } from '../../functions/test/helpers/open-instance.ts';
import { runOnServerCore } from '../lib/cpu-affinity.ts';
import type { Section } from '../lib/report.ts';
import { measureCalls, type PerCall, runInterleaved } from '../lib/rounds.ts';
import type { Sizes } from '../lib/sizes.ts';
import { formatSpread, spreadOf } from '../lib/stats.ts';
import { openFixture } from './fixture.ts';

const TOKENS = 256;

/** Measures each step of a cache hit separately, and the strict parser of a first verification. */
export async function parts({ parts: { calls, rounds } }: Sizes): Promise<Section> {
  const fixture = await openFixture(TOKENS);
  const deps = openInstance(loadConfig({ GCLOUD_PROJECT: PROJECT }), fixture);
  const cache = createVerifiedTokenCache();
  const now = seconds(systemClock);
  for (const token of fixture.tokens)
    await cache.get(token, 0, async () => deps.bearer.authenticate(token, now));
  const { principal } = await deps.bearer.authenticate(fixture.tokens[0] ?? '', now);
  const readSince = async () => ({ changes: [], readAt: Date.now(), more: false });
  const feed = createRevocationFeed({
    ...{ readSince, clock: systemClock, maxAge: 60 },
    log: { feedReadFailed: () => undefined },
  });
  const neverAsked = () => Promise.reject(new Error('not in the cache'));
  const token = (index: number) => fixture.tokens[index % TOKENS] ?? '';

  const steps = {
    'parseCompactJws (strict parser)': (index: number) => parseCompactJws(token(index)),
    'SHA-256 of the token': (index: number) => hash('sha256', token(index), 'base64'),
    'cache look-up, including SHA-256': (index: number) => cache.get(token(index), now, neverAsked),
    'revocation feed look-up': () => feed.find(principal.subject),
    'decide (one permission)': () => decide(principal, { permission: 'notes:read' }, undefined, now),
    'authenticate (all steps)': (index: number) =>
      authenticate(deps, { authenticator: deps.bearer, value: token(index) }, { fresh: false }),
  } as const satisfies Record<string, (index: number) => unknown>;
  const names = Object.keys(steps) as (keyof typeof steps)[];
  const samples: Readonly<Record<string, readonly PerCall[]>> = await runOnServerCore(() =>
    runInterleaved(names, (name) => measureCalls(calls, steps[name]), { rounds, warmUp: 2 }),
  );
  await fixture.close();
  return {
    tables: [
      {
        title: 'Steps of a repeat verification: median (min–max)',
        head: ['', 'µs', 'CPU µs'],
        rows: names.map((name) => [
          name,
          formatSpread(spreadOf((samples[name] ?? []).map(({ wall }) => wall))),
          formatSpread(spreadOf((samples[name] ?? []).map(({ cpu }) => cpu))),
        ]),
      },
    ],
    checks: [],
    raw: samples,
  };
}
