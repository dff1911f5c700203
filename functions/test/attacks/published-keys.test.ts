import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { isRsa } from './attack.ts';
import { external, forgeOf, type Kind, mint } from './issuer-kinds.ts';
import { type Answer, json } from './servers.ts';
import { createKey, type IssuerKey, publicJwk, signer } from './signers.ts';
import { assertPasses, openWorld, type World } from './world.ts';

/** Keys that an issuer publishes and nobody should trust, and key endpoints that point somewhere else. */

const rsa = (modulusLength: number, publicExponent = 65_537): IssuerKey => ({
  kid: 'bad',
  ...generateKeyPairSync('rsa', { modulusLength, publicExponent }),
});
const weak = [rsa(1_024), rsa(2_040), rsa(2_048, 3), rsa(2_048, 65_539)];

const byType = {
  RSA: createKey('RSA', 'bad'),
  'P-256': createKey('P-256', 'bad'),
  Ed25519: createKey('Ed25519', 'bad'),
};
const sameType = (kind: Kind) => byType[isRsa(kind) ? 'RSA' : kind.alg === 'ES256' ? 'P-256' : 'Ed25519'];

const otherCurves = [createKey('P-384', 'bad'), createKey('secp256k1', 'bad')];

const badKeys: readonly {
  readonly what: string;
  readonly jwks: (kind: Kind) => { readonly key: IssuerKey; readonly jwk: object }[];
}[] = [
  {
    what: 'RSA under 2048 bits, or with another exponent than 65537',
    jwks: (kind) => (isRsa(kind) ? weak.map((key) => ({ key, jwk: publicJwk(key) })) : []),
  },
  {
    what: 'for encryption, for signing only, or for nothing known',
    jwks: (kind) =>
      [
        { use: 'enc' },
        { use: '' },
        { use: null },
        { use: ['sig'] },
        { key_ops: ['encrypt'] },
        { key_ops: [] },
        { key_ops: 'verify' },
      ].map((extra) => {
        const key = sameType(kind);
        return { key, jwk: { ...publicJwk(key), ...extra } };
      }),
  },
  {
    what: 'of another algorithm or type by what it says of itself',
    jwks: (kind) =>
      [
        { alg: 'RS512' },
        { alg: 'HS256' },
        { alg: 'none' },
        { alg: '' },
        { alg: null },
        { alg: [kind.alg] },
        { kty: 'oct' },
        { kty: undefined },
      ].map((extra) => {
        const key = sameType(kind);
        return { key, jwk: { ...publicJwk(key), ...extra } };
      }),
  },
  {
    what: 'on another curve than the algorithm’s',
    jwks: (kind) => otherCurves.map((other) => ({ key: sameType(kind), jwk: publicJwk(other) })),
  },
  {
    what: 'private and yet published',
    jwks: (kind) => {
      const key = sameType(kind);
      return [
        { key, jwk: { ...key.privateKey.export({ format: 'jwk' }), kid: 'bad' } },
        { key, jwk: { ...publicJwk(key), d: '' } },
        { key, jwk: { ...publicJwk(key), k: 'AA' } },
      ];
    },
  },
  {
    what: 'without a kid, or with one that is no text',
    jwks: (kind) =>
      [undefined, null, 1, ['bad'], { kid: 'bad' }].map((kid) => {
        const key = sameType(kind);
        return { key, jwk: { ...publicJwk(key), kid } };
      }),
  },
];

describe('what an issuer publishes', () => {
  let world: World;
  const atFirst = new Map<string, Answer>();
  before(async () => {
    world = await openWorld();
    for (const [url, answer] of world.issuers.answers) atFirst.set(url, answer);
  });
  beforeEach(() => {
    for (const [url, answer] of atFirst) world.issuers.answers.set(url, answer);
    // An hour later nobody has any keys.
    world.pass(3_600);
  });
  after(() => world.close());

  const codeOf = async (token: string) => {
    const { status, body } = await world.present(token);
    return status === 200 ? '200' : `${status} ${body.code}`;
  };

  for (const kind of external) {
    const jwksUri = kind.fetches.at(-1) ?? '';
    describe(`of ${kind.name}`, () => {
      for (const { what, jwks } of badKeys) {
        const bad = jwks(kind);
        if (bad.length === 0) continue;
        it(`verifies nothing when the key is ${what}`, async () => {
          const { issuers, now } = world;
          for (const { key, jwk } of bad) {
            issuers.answers.set(jwksUri, json({ keys: [jwk, publicJwk(kind.key)] }));
            // Old enough for the next token to have the keys fetched anew.
            world.pass(600);
            const good = await mint(kind, now());
            await assertPasses(world, kind, good);
            const forged = forgeOf(kind, now(), { header: { kid: 'bad' }, signer: signer(kind.alg, key) });
            assert.equal(await codeOf(forged), '401 invalid_token', JSON.stringify(jwk));
            await assertPasses(world, kind, good);
          }
        });
      }

      it('is answered 503 while there is nothing else than such keys, and never 200', async () => {
        const { issuers, now } = world;
        for (const { key, jwk } of badKeys.flatMap(({ jwks }) => jwks(kind))) {
          issuers.answers.set(jwksUri, json({ keys: [jwk] }));
          world.pass(3_600);
          const forged = forgeOf(kind, now(), { header: { kid: 'bad' }, signer: signer(kind.alg, key) });
          assert.equal(await codeOf(forged), '503 unavailable', JSON.stringify(jwk));
        }
        issuers.answers.set(jwksUri, json({ keys: [publicJwk(kind.key)] }));
        world.pass(5);
        await assertPasses(world, kind, await mint(kind, now()));
      });

      it('is not followed to the attacker, be it by a redirect or by what discovery says', async () => {
        const { issuers, attacker, now } = world;
        const byAttacker = () =>
          forgeOf(kind, now(), { header: { kid: attacker.key.kid }, signer: signer('RS256', attacker.key) });
        for (const status of [301, 302, 303, 307, 308]) {
          for (const url of kind.fetches) {
            const good = issuers.answers.get(url);
            assert.ok(good);
            issuers.answers.set(
              url,
              (res) => void res.writeHead(status, { Location: `${attacker.url}/keys` }).end(),
            );
            world.pass(3_600);
            assert.equal(await codeOf(byAttacker()), '503 unavailable');
            issuers.answers.set(url, good);
          }
        }
        if (kind.fetches.length > 1) {
          const wrong = [
            { issuer: attacker.url, jwks_uri: jwksUri },
            { issuer: kind.issuer, jwks_uri: `${attacker.url}/keys` },
            { issuer: `${kind.issuer}/`, jwks_uri: jwksUri },
            { issuer: [kind.issuer], jwks_uri: jwksUri },
            { issuer: kind.issuer, jwks_uri: [jwksUri] },
            { issuer: kind.issuer, jwks_uri: 'file:///etc/passwd' },
          ];
          for (const document of wrong) {
            issuers.answers.set(kind.fetches[0] ?? '', json(document));
            world.pass(3_600);
            assert.equal(await codeOf(byAttacker()), '503 unavailable', JSON.stringify(document));
          }
        }
        assert.deepEqual(attacker.asked, []);
        assert.deepEqual(
          issuers.asked.filter((url) => !atFirst.has(url)),
          [],
        );
      });

      it('takes a new key in and lets a withdrawn one go', async () => {
        const { issuers, now } = world;
        await assertPasses(world, kind, await mint(kind, now()));
        const next = { ...sameType(kind), kid: 'next' };
        const byNext = () =>
          forgeOf(kind, now(), { header: { kid: 'next' }, signer: signer(kind.alg, next) });
        issuers.answers.set(jwksUri, json({ keys: [publicJwk(next)] }));
        assert.equal(await codeOf(byNext()), '401 invalid_token');
        world.pass(30);
        assert.equal(await codeOf(byNext()), '200');
        assert.equal(
          await codeOf(await mint(kind, now(), { jti: 'by the withdrawn key' })),
          '401 invalid_token',
        );
      });

      it('is read again after ten minutes, so that a withdrawn key ends though nobody knows a new one', async () => {
        const { issuers, now } = world;
        await assertPasses(world, kind, await mint(kind, now()));
        issuers.answers.set(jwksUri, json({ keys: [publicJwk(sameType(kind))] }));
        world.pass(599);
        assert.equal(await codeOf(await mint(kind, now())), '200');
        world.pass(1);
        assert.equal(await codeOf(await mint(kind, now())), '401 invalid_token');
      });

      it('is good for an hour while its endpoint is down, and then for nothing', async () => {
        const { issuers, now } = world;
        await assertPasses(world, kind, await mint(kind, now()));
        issuers.answers.set(jwksUri, (res) => void res.writeHead(500).end());
        world.pass(3_599);
        assert.equal(await codeOf(await mint(kind, now())), '200');
        world.pass(1);
        assert.equal(await codeOf(await mint(kind, now())), '503 unavailable');
      });
    });
  }
});
