import { hash } from 'node:crypto';
import { authenticate } from '../../functions/src/authn/authenticate.ts';
import { parseCompactJws } from '../../functions/src/authn/parse-jws.ts';
import { createVerifiedTokenCache } from '../../functions/src/authn/token-cache.ts';
import { decide } from '../../functions/src/authz/decide.ts';
import { loadConfig } from '../../functions/src/config.ts';
import { systemClock } from '../../functions/src/core/clock.ts';
import { createRevocationFeed } from '../../functions/src/directory/revocation/feed.ts';
import { PROJECT } from '../../functions/test/helpers/google.ts';
import { openInstance } from '../../functions/test/helpers/open-instance.ts';
import { aloneOnServerCore } from '../lib/core.ts';
import type { Section } from '../lib/report.ts';
import { inTurns, type PerCall, perCall } from '../lib/rounds.ts';
import type { Sizes } from '../lib/sizes.ts';
import { spreadOf, withSpread } from '../lib/stats.ts';
import { openWorld } from './world.ts';

const TOKENS = 256;

/** What recognising a token is made of, each step by itself, and the guard that a first sight passes. */
export async function parts({ parts: { calls, rounds } }: Sizes): Promise<Section> {
  const world = await openWorld(TOKENS);
  const deps = openInstance(loadConfig({ GCLOUD_PROJECT: PROJECT }), world);
  const cache = createVerifiedTokenCache();
  const now = Math.floor(Date.now() / 1000);
  for (const token of world.tokens)
    await cache.get(token, 0, async () => deps.bearer.authenticate(token, now));
  const { principal } = await deps.bearer.authenticate(world.tokens[0] ?? '', now);
  const readSince = async () => ({ changes: [], readAt: Date.now(), more: false });
  const feed = createRevocationFeed({
    ...{ readSince, clock: systemClock, maxAge: 60 },
    log: { feedReadFailed: () => undefined },
  });
  const neverAsked = () => Promise.reject(new Error('not in the cache'));
  const token = (index: number) => world.tokens[index % TOKENS] ?? '';

  const steps = {
    'parseCompactJws, the guard': (index: number) => parseCompactJws(token(index)),
    'SHA-256 of the token': (index: number) => hash('sha256', token(index), 'base64'),
    'the cache: that, and finding it': (index: number) => cache.get(token(index), now, neverAsked),
    'the access changes in memory': () => feed.find(principal.subject),
    'decide: a permission': () => decide(principal, { permission: 'notes:read' }, undefined, now),
    'authenticate, all of it': (index: number) =>
      authenticate(deps, { authenticator: deps.bearer, value: token(index) }, { fresh: false }),
  } as const satisfies Record<string, (index: number) => unknown>;
  const names = Object.keys(steps) as (keyof typeof steps)[];
  const samples: Readonly<Record<string, readonly PerCall[]>> = await aloneOnServerCore(() =>
    inTurns(names, (name) => perCall(calls, steps[name]), { rounds, warmUp: 2 }),
  );
  await world.close();
  return {
    tables: [
      {
        title: 'The steps by themselves: median (least–most)',
        head: ['', 'µs', 'CPU µs'],
        rows: names.map((name) => [
          name,
          withSpread(spreadOf((samples[name] ?? []).map(({ wall }) => wall))),
          withSpread(spreadOf((samples[name] ?? []).map(({ cpu }) => cpu))),
        ]),
      },
    ],
    checks: [],
    raw: samples,
  };
}
