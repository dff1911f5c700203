import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import { kinds, mint, TRUSTED_ISSUERS } from './issuer-kinds.ts';
import { attacks } from './table.ts';
import { assertPasses, openWorld, type World } from './world.ts';

/** The other door that tokens come in by: a bad one in the body of an exchange is as bad as in a header. */

const exchanging = TRUSTED_ISSUERS.map((one) => ({ ...one, tokenExchange: true }));

describe('a bad token that somebody wants to exchange', () => {
  let world: World;
  before(async () => {
    world = await openWorld(exchanging);
    for (const kind of kinds) await assertPasses(world, kind, await mint(kind, world.now()));
  });
  after(() => world.close());

  const exchange = (token: string) =>
    world.ask({
      ...{
        method: 'POST',
        path: '/v1/token/exchange',
        headers: ['Content-Type', 'application/x-www-form-urlencoded'],
      },
      body: new URLSearchParams({
        grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
        subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
        subject_token: token,
      }).toString(),
    });

  for (const kind of kinds) {
    it(`of ${kind.name} is refused whatever is wrong with it, and nobody is asked for anything`, async () => {
      const { attacker, api, now } = world;
      const means = { good: await mint(kind, now()), now: now(), url: attacker.url, key: attacker.key };
      for (const { what, tokens, against } of attacks) {
        if (against?.(kind) === false) continue;
        for (const token of (await tokens(kind, means)).slice(0, 4)) {
          if (token.length > 8_192) continue;
          world.asked();
          api.lines.length = 0;
          const { status, body } = await exchange(token);
          assert.deepEqual(
            [status, typeof body.access_token],
            [400, 'undefined'],
            `${what}: ${inspect(body)}`,
          );
          assert.deepEqual([world.asked(), attacker.asked], [[], []], what);
          const text = inspect([body, api.lines], { depth: 10, maxStringLength: null });
          for (const part of token.split('.', 8)) assert.ok(part.length < 8 || !text.includes(part), text);
        }
      }
    });
  }
});
