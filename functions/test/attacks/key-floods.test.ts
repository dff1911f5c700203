import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { dummySignature } from '../helpers/forge.ts';
import { KEYS } from '../helpers/google.ts';
import { isFirebase } from './attack.ts';
import { forgeOf, type Kind, kinds, mint } from './issuer-kinds.ts';
import { assertPasses, openWorld, type World } from './world.ts';

/** Each token may name another key: that must not become as many requests to the issuer. */

const oneOfEachIssuer = kinds.filter(
  ({ issuer }, index) => kinds.findIndex((other) => other.issuer === issuer) === index,
);

describe('a flood of key ids that nobody has', () => {
  let world: World;
  beforeEach(async () => {
    world = await openWorld();
  });
  afterEach(() => world.close());

  /** How often the issuer was asked for its keys meanwhile; nobody else was asked for anything. */
  async function fetchesDuring(kind: Kind, work: () => Promise<unknown>): Promise<number> {
    const { issuers, api, attacker } = world;
    const before = issuers.asked.length;
    world.asked();
    await work();
    assert.deepEqual(attacker.asked, []);
    const ofGoogle = world.asked().filter((url) => url === `${api.google.url}${KEYS}`).length;
    assert.equal(api.google.count('accounts:lookup'), 0);
    if (isFirebase(kind)) {
      assert.equal(issuers.asked.length, before);
      return ofGoogle;
    }
    assert.equal(ofGoogle, 0);
    const asked = issuers.asked.slice(before);
    assert.deepEqual(
      asked,
      asked.map((_, index) => kind.fetches[index % kind.fetches.length]),
    );
    return asked.length / kind.fetches.length;
  }

  async function flood(kind: Kind, count: number): Promise<void> {
    const tokens = Array.from({ length: count }, () =>
      forgeOf(kind, world.now(), { header: { kid: randomUUID() }, signer: dummySignature }),
    );
    const answers = await Promise.all(tokens.map((token) => world.present(token)));
    assert.deepEqual(
      [...new Set(answers.map(({ status, body }) => `${status} ${body.code}`))],
      ['401 invalid_token'],
    );
  }

  for (const kind of oneOfEachIssuer) {
    it(`of ${kind.name} causes one fetch when a thousand come first, and one in 30 seconds afterwards`, async () => {
      assert.equal(await fetchesDuring(kind, () => flood(kind, 1_000)), 1);
      assert.equal(await fetchesDuring(kind, () => flood(kind, 200)), 0);
      world.pass(29);
      assert.equal(await fetchesDuring(kind, () => flood(kind, 200)), 0);
      world.pass(1);
      assert.equal(await fetchesDuring(kind, () => flood(kind, 1_000)), 1);
      const good = await mint(kind, world.now());
      assert.equal(await fetchesDuring(kind, () => assertPasses(world, kind, good)), 0);
    });
  }

  it('of one issuer costs the others nothing', async () => {
    const [first, ...others] = oneOfEachIssuer.filter((kind) => !isFirebase(kind));
    assert.ok(first);
    await flood(first, 100);
    for (const kind of others) {
      const good = await mint(kind, world.now());
      assert.equal(await fetchesDuring(kind, () => assertPasses(world, kind, good)), 1, kind.name);
    }
  });
});
