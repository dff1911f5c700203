import assert from 'node:assert/strict';
import type { Means } from './attack.ts';
import { kinds, mint } from './issuer-kinds.ts';
import { attacks } from './table.ts';
import { assertPasses, assertRefused, isKeyFetch, openWorld, type World } from './world.ts';

/** Every attack of the table against every kind of token, through the HTTP API as production runs it. */

let presented = 0;

async function meansAgainst(world: World, kind: (typeof kinds)[number]): Promise<Means> {
  const { attacker, now } = world;
  return { good: await mint(kind, now()), now: now(), url: attacker.url, key: attacker.key };
}

describe('bad tokens, before any key is known', () => {
  let world: World;
  before(async () => {
    world = await openWorld();
  });
  after(() => world.close());

  for (const kind of kinds) {
    describe(kind.name, () => {
      for (const { what, tokens, against, needsKey } of attacks) {
        if (needsKey || against?.(kind) === false) continue;
        it(`refuses ${what}, and asks nobody for a key`, async () => {
          const bad = await tokens(kind, await meansAgainst(world, kind));
          for (const token of bad) await assertRefused(world, token);
          presented += bad.length;
        });
      }
    });
  }

  // Mocha runs the tests of a suite before the suites in it, so what comes last is one, too.
  describe('afterwards', () => {
    it('there is still no key: the first valid token of each issuer fetches what it needs, and nothing else', async () => {
      const seen = new Set<string>();
      for (const kind of kinds) {
        await assertPasses(world, kind, await mint(kind, world.now()));
        const { issuers } = world;
        const expected = kind.fetches.map((url) => `${issuers.url}/${url.replace('https://', '')}`);
        const asked = world.asked();
        if (seen.has(kind.issuer)) assert.deepEqual(asked, []);
        else if (expected.length > 0) assert.deepEqual(asked, expected);
        else assert.ok(asked.length === 1 && asked.every((url) => isKeyFetch(world, url)), String(asked));
        seen.add(kind.issuer);
      }
    });
  });
});

describe('bad tokens, while good ones pass', () => {
  let world: World;
  before(async () => {
    world = await openWorld();
    for (const kind of kinds) await assertPasses(world, kind, await mint(kind, world.now()));
  });
  after(() => world.close());

  for (const kind of kinds) {
    describe(kind.name, () => {
      for (const { what, tokens, against } of attacks) {
        if (against?.(kind) === false) continue;
        it(`refuses ${what}`, async () => {
          const means = await meansAgainst(world, kind);
          await assertPasses(world, kind, means.good);
          const bad = await tokens(kind, means);
          for (const token of bad) await assertRefused(world, token);
          await assertPasses(world, kind, means.good);
          presented += bad.length;
        });
      }
    });
  }

  describe('afterwards', () => {
    it('the attacker was asked for nothing, by any way', () => {
      assert.deepEqual(world.attacker.asked, []);
      const { asked } = world.issuers;
      const known = new Set(kinds.flatMap(({ fetches }) => fetches));
      assert.deepEqual(
        asked.filter((url) => !known.has(url)),
        [],
      );
    });
  });
});

describe('the table of attacks', () => {
  const left = attacks.flatMap(({ what, against }) => {
    const spared = kinds.filter((kind) => against?.(kind) === false).map(({ name }) => name);
    return spared.length === 0 ? [] : [`${what}: not ${spared.join(', ')}`];
  });
  it('has at least 40 attacks for every kind of token', () => {
    for (const kind of kinds) {
      const count = attacks.filter(({ against }) => against?.(kind) !== false).length;
      assert.ok(count >= 40, `${kind.name}: ${count}`);
    }
  });

  it('says what it has no token for', () => {
    console.log(
      `      ${attacks.length} attacks on ${kinds.length} kinds of token, ${presented} tokens presented`,
    );
    for (const line of left) console.log(`      ${line}`);
    assert.ok(attacks.every(({ against }) => against === undefined || kinds.some(against)));
  });
});
