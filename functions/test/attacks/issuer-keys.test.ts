import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { isRsa } from './attack.ts';
import { assertAccepted, type Environment, openEnvironment } from './environment.ts';
import { type Responder, respondJson } from './issuer-servers.ts';
import { createKey, type IssuerKey, publicJwk, signer } from './signers.ts';
import { externalTokenKinds, forgeToken, issueToken, type TokenKind } from './token-kinds.ts';

/** Published keys that must not be used, and key endpoints that redirect or fail. */

const rsa = (modulusLength: number, publicExponent = 65_537): IssuerKey => ({
  kid: 'unusable',
  ...generateKeyPairSync('rsa', { modulusLength, publicExponent }),
});
const weakRsaKeys = [rsa(1_024), rsa(2_040), rsa(2_048, 3), rsa(2_048, 65_539)];

const keysByType = {
  RSA: createKey('RSA', 'unusable'),
  'P-256': createKey('P-256', 'unusable'),
  Ed25519: createKey('Ed25519', 'unusable'),
};
const keyOfSameType = (kind: TokenKind) =>
  keysByType[isRsa(kind) ? 'RSA' : kind.alg === 'ES256' ? 'P-256' : 'Ed25519'];

const otherCurves = [createKey('P-384', 'unusable'), createKey('secp256k1', 'unusable')];

const unusableKeys: readonly {
  readonly name: string;
  readonly jwks: (kind: TokenKind) => { readonly key: IssuerKey; readonly jwk: object }[];
}[] = [
  {
    name: 'an RSA key under 2048 bits, or with an exponent other than 65537',
    jwks: (kind) => (isRsa(kind) ? weakRsaKeys.map((key) => ({ key, jwk: publicJwk(key) })) : []),
  },
  {
    name: 'a key with an unsuitable use or key_ops',
    jwks: (kind) =>
      [
        { use: 'enc' },
        { use: '' },
        { use: null },
        { use: ['sig'] },
        { key_ops: ['encrypt'] },
        { key_ops: [] },
        { key_ops: 'verify' },
      ].map((changes) => {
        const key = keyOfSameType(kind);
        return { key, jwk: { ...publicJwk(key), ...changes } };
      }),
  },
  {
    name: 'a key with another alg or kty',
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
      ].map((changes) => {
        const key = keyOfSameType(kind);
        return { key, jwk: { ...publicJwk(key), ...changes } };
      }),
  },
  {
    name: 'a key on another curve',
    jwks: (kind) => otherCurves.map((other) => ({ key: keyOfSameType(kind), jwk: publicJwk(other) })),
  },
  {
    name: 'a published private key',
    jwks: (kind) => {
      const key = keyOfSameType(kind);
      return [
        { key, jwk: { ...key.privateKey.export({ format: 'jwk' }), kid: 'unusable' } },
        { key, jwk: { ...publicJwk(key), d: '' } },
        { key, jwk: { ...publicJwk(key), k: 'AA' } },
      ];
    },
  },
  {
    name: 'a key with a kid that is missing or not a string',
    jwks: (kind) =>
      [undefined, null, 1, ['unusable'], { kid: 'unusable' }].map((kid) => {
        const key = keyOfSameType(kind);
        return { key, jwk: { ...publicJwk(key), kid } };
      }),
  },
];

describe('issuer keys', () => {
  let environment: Environment;
  const initialResponders = new Map<string, Responder>();
  before(async () => {
    environment = await openEnvironment();
    for (const [url, responder] of environment.issuers.responders) initialResponders.set(url, responder);
  });
  beforeEach(() => {
    for (const [url, responder] of initialResponders) environment.issuers.responders.set(url, responder);
    // After an hour all cached keys have expired.
    environment.advanceClock(3_600);
  });
  after(() => environment.close());

  const codeOf = async (token: string) => {
    const { status, body } = await environment.getMe(token);
    return status === 200 ? '200' : `${status} ${body.code}`;
  };

  for (const kind of externalTokenKinds) {
    const jwksUri = kind.keyUrls.at(-1) ?? '';
    describe(kind.name, () => {
      for (const { name, jwks } of unusableKeys) {
        const keys = jwks(kind);
        if (keys.length === 0) continue;
        it(`verifies no token with ${name}`, async () => {
          const { issuers, now } = environment;
          for (const { key, jwk } of keys) {
            issuers.responders.set(jwksUri, respondJson({ keys: [jwk, publicJwk(kind.key)] }));
            // Old enough that the next token causes a new key fetch.
            environment.advanceClock(600);
            const validToken = await issueToken(kind, now());
            await assertAccepted(environment, kind, validToken);
            const forged = forgeToken(kind, now(), {
              header: { kid: 'unusable' },
              signer: signer(kind.alg, key),
            });
            assert.equal(await codeOf(forged), '401 invalid_token', JSON.stringify(jwk));
            await assertAccepted(environment, kind, validToken);
          }
        });
      }

      it('answers 503, never 200, while the key set has no usable key', async () => {
        const { issuers, now } = environment;
        for (const { key, jwk } of unusableKeys.flatMap(({ jwks }) => jwks(kind))) {
          issuers.responders.set(jwksUri, respondJson({ keys: [jwk] }));
          environment.advanceClock(3_600);
          const forged = forgeToken(kind, now(), {
            header: { kid: 'unusable' },
            signer: signer(kind.alg, key),
          });
          assert.equal(await codeOf(forged), '503 unavailable', JSON.stringify(jwk));
        }
        issuers.responders.set(jwksUri, respondJson({ keys: [publicJwk(kind.key)] }));
        environment.advanceClock(5);
        await assertAccepted(environment, kind, await issueToken(kind, now()));
      });

      it('follows no redirect and no discovery document to the attacker’s server', async () => {
        const { issuers, attacker, now } = environment;
        const attackerToken = () =>
          forgeToken(kind, now(), {
            header: { kid: attacker.key.kid },
            signer: signer('RS256', attacker.key),
          });
        for (const status of [301, 302, 303, 307, 308]) {
          for (const url of kind.keyUrls) {
            const responder = issuers.responders.get(url);
            assert.ok(responder);
            issuers.responders.set(
              url,
              (res) => void res.writeHead(status, { Location: `${attacker.url}/keys` }).end(),
            );
            environment.advanceClock(3_600);
            assert.equal(await codeOf(attackerToken()), '503 unavailable');
            issuers.responders.set(url, responder);
          }
        }
        if (kind.keyUrls.length > 1) {
          const wrongDocuments = [
            { issuer: attacker.url, jwks_uri: jwksUri },
            { issuer: kind.issuer, jwks_uri: `${attacker.url}/keys` },
            { issuer: `${kind.issuer}/`, jwks_uri: jwksUri },
            { issuer: [kind.issuer], jwks_uri: jwksUri },
            { issuer: kind.issuer, jwks_uri: [jwksUri] },
            { issuer: kind.issuer, jwks_uri: 'file:///etc/passwd' },
          ];
          for (const document of wrongDocuments) {
            issuers.responders.set(kind.keyUrls[0] ?? '', respondJson(document));
            environment.advanceClock(3_600);
            assert.equal(await codeOf(attackerToken()), '503 unavailable', JSON.stringify(document));
          }
        }
        assert.deepEqual(attacker.requestedPaths, []);
        assert.deepEqual(
          issuers.requestedUrls.filter((url) => !initialResponders.has(url)),
          [],
        );
      });

      it('accepts a new key after 30 seconds and then refuses the withdrawn key', async () => {
        const { issuers, now } = environment;
        await assertAccepted(environment, kind, await issueToken(kind, now()));
        const nextKey = { ...keyOfSameType(kind), kid: 'next' };
        const tokenByNextKey = () =>
          forgeToken(kind, now(), { header: { kid: 'next' }, signer: signer(kind.alg, nextKey) });
        issuers.responders.set(jwksUri, respondJson({ keys: [publicJwk(nextKey)] }));
        assert.equal(await codeOf(tokenByNextKey()), '401 invalid_token');
        environment.advanceClock(30);
        assert.equal(await codeOf(tokenByNextKey()), '200');
        assert.equal(
          await codeOf(await issueToken(kind, now(), { jti: 'by the withdrawn key' })),
          '401 invalid_token',
        );
      });

      it('fetches the keys again after ten minutes, and then refuses a withdrawn key', async () => {
        const { issuers, now } = environment;
        await assertAccepted(environment, kind, await issueToken(kind, now()));
        issuers.responders.set(jwksUri, respondJson({ keys: [publicJwk(keyOfSameType(kind))] }));
        environment.advanceClock(599);
        assert.equal(await codeOf(await issueToken(kind, now())), '200');
        environment.advanceClock(1);
        assert.equal(await codeOf(await issueToken(kind, now())), '401 invalid_token');
      });

      it('uses cached keys for an hour while the endpoint is down, then answers 503', async () => {
        const { issuers, now } = environment;
        await assertAccepted(environment, kind, await issueToken(kind, now()));
        issuers.responders.set(jwksUri, (res) => void res.writeHead(500).end());
        environment.advanceClock(3_599);
        assert.equal(await codeOf(await issueToken(kind, now())), '200');
        environment.advanceClock(1);
        assert.equal(await codeOf(await issueToken(kind, now())), '503 unavailable');
      });
    });
  }
});
