import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { ALGORITHMS } from '../../../../src/authn/oidc/issuer-profile.ts';
import { usableKeys } from '../../../../src/authn/oidc/usable-keys.ts';

type Jwk = Readonly<Record<string, unknown>>;

const jwkOf = ({ publicKey }: { publicKey: import('node:crypto').KeyObject }): Jwk => ({
  ...publicKey.export({ format: 'jwk' }),
});
const rsa = (modulusLength = 2048, publicExponent = 65_537) =>
  jwkOf(generateKeyPairSync('rsa', { modulusLength, publicExponent }));
const ec = (namedCurve: string) => jwkOf(generateKeyPairSync('ec', { namedCurve }));

const ISSUER = 'https://login.example.com';
const RSA = rsa();
const P256 = ec('P-256');
const ED = jwkOf(generateKeyPairSync('ed25519'));

const isUsable = (key: unknown, algorithms = ALGORITHMS) =>
  (usableKeys({ keys: [key] }, algorithms, ISSUER)?.keys.length ?? 0) > 0;

describe('usableKeys', () => {
  it('returns the keys for the algorithms of the profile', () => {
    const all = {
      keys: [RSA, P256, ED, ec('P-384'), ec('P-521')].map((key, index) => ({ ...key, kid: `k${index}` })),
    };
    const kids = (...algorithms: (typeof ALGORITHMS)[number][]) =>
      usableKeys(all, algorithms, ISSUER)?.keys.map(({ kid }) => kid);
    assert.deepEqual([...new Set(kids(...ALGORITHMS))], ['k0', 'k1', 'k2', 'k3', 'k4']);
    assert.deepEqual(kids('ES384'), ['k3']);
    assert.deepEqual(kids('ES512'), ['k4']);
    assert.deepEqual(kids('PS384', 'PS512'), ['k0', 'k0']);
    for (const alg of ['RS256', 'RS384', 'RS512'] as const) assert.deepEqual(kids(alg), ['k0']);
    assert.deepEqual(kids('PS256'), ['k0']);
    assert.deepEqual(kids('ES256'), ['k1']);
    assert.deepEqual(kids('EdDSA'), ['k2']);
  });

  it('accepts use, alg and key_ops that allow verification', () => {
    for (const more of [{ use: 'sig' }, { alg: 'RS256' }, { key_ops: ['verify'] }, { x5c: ['x'], x5t: 'y' }])
      assert.ok(isUsable({ ...RSA, kid: 'k', ...more }), JSON.stringify(more));
  });

  const unusable: Record<string, unknown> = {
    'has no kid': RSA,
    'has a kid that is not a string': { ...RSA, kid: 7 },
    'is for encryption': { ...RSA, kid: 'k', use: 'enc' },
    'has use: null': { ...RSA, kid: 'k', use: null },
    'has key_ops without verify': { ...RSA, kid: 'k', key_ops: ['encrypt'] },
    'has key_ops of another type': { ...RSA, kid: 'k', key_ops: 'verify' },
    'is for another algorithm': { ...RSA, kid: 'k', alg: 'RSA-OAEP' },
    'is for an algorithm outside of the profile': { ...RSA, kid: 'k', alg: 'RS1' },
    'is RSA of 1024 bits': { ...rsa(1024), kid: 'k' },
    'is RSA of 2047 bits': { ...RSA, kid: 'k', n: shortened(RSA) },
    'is RSA of 2040 bits and zeros': { ...RSA, kid: 'k', n: padded(rsa(2040)) },
    'has the exponent 3': { ...rsa(2048, 3), kid: 'k' },
    'has no modulus': { ...RSA, kid: 'k', n: undefined },
    'has a modulus of zeros': { ...RSA, kid: 'k', n: Buffer.alloc(300).toString('base64url') },
    'is on another curve': { ...ec('secp256k1'), kid: 'k' },
    'has a kid that no token can have': { ...RSA, kid: 'k 1' },
    'is for key agreement': { ...jwkOf(generateKeyPairSync('x25519')), kid: 'k' },
    'is symmetric': { kty: 'oct', k: 'c2VjcmV0', kid: 'k', alg: 'HS256' },
    'has the type "constructor"': { ...RSA, kid: 'k', kty: 'constructor' },
    'lacks a coordinate': { ...P256, kid: 'k', y: undefined },
    'is not on its curve': { ...P256, kid: 'k', x: P256.y },
    'is no text': { ...ED, kid: 'k', x: 7 },
    'has a short coordinate': { ...ED, kid: 'k', x: 'AAAA' },
    'is null': null,
    'is a text': 'key',
    'is a list': [RSA],
  };
  for (const [what, key] of Object.entries(unusable)) {
    it(`ignores a key that ${what}`, () => assert.equal(isUsable(key), false));
  }

  for (const member of ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k']) {
    it(`ignores a key that was published with its private member ${member}`, () => {
      assert.equal(isUsable({ ...RSA, kid: 'k', [member]: 'AQAB' }), false);
    });
  }

  it('ignores a key with its private part in another entry of the set', () => {
    for (const key of [RSA, P256, ED]) {
      const exposed = { ...key, kid: 'other', d: 'AQAB' };
      for (const keys of [
        [{ ...key, kid: 'k' }, exposed],
        [
          { ...exposed, kid: 'k' },
          { ...key, kid: 'k' },
        ],
        [
          { ...key, kid: 'k' },
          { ...exposed, kid: undefined },
        ],
      ]) {
        const found = usableKeys({ keys }, ALGORITHMS, ISSUER);
        assert.deepEqual(found?.keys, []);
        assert.ok(found.skipped.some((one) => one.endsWith('has a published private key')));
      }
    }
  });

  it('keeps only the public members of a key', () => {
    const odd = { ...P256, kid: 'k', ext: 'yes', key_ops: ['verify', 'verify'], x5c: [1], extra: { a: 1 } };
    const { kty, crv, x, y } = P256;
    assert.deepEqual(usableKeys({ keys: [odd] }, ['ES256'], ISSUER)?.keys, [
      { kty, kid: 'k', alg: 'ES256', crv, x, y },
    ]);
  });

  const K = { ...RSA, kid: 'k' };
  const same: Record<string, object[]> = {
    'the same key twice': [K, K],
    'the same key with and without alg': [{ ...K, alg: 'RS256' }, K],
    'the same key with other certificates': [K, { ...K, x5c: ['x'], x5t: 'y' }],
    'one kid for signing and encryption': [K, { ...rsa(), kid: 'k', use: 'enc' }],
    'a key that cannot be read under the same kid': [{ ...K, n: undefined }, K, { ...K, e: 'AQ' }],
    'a private key under the same kid': [{ ...rsa(), kid: 'k', d: 'x' }, K],
    'one kid for two types of key': [K, { ...P256, kid: 'k' }],
  };
  for (const [what, keys] of Object.entries(same)) {
    it(`has one key for ${what}`, () => {
      const found = usableKeys({ keys }, ['RS256'], ISSUER)?.keys;
      assert.deepEqual(found, [{ kty: 'RSA', kid: 'k', alg: 'RS256', n: RSA.n, e: 'AQAB' }]);
    });
  }

  it('has a key beside one under the same kid that is not on the curve', () => {
    const other = { ...P256, kid: 'k', x: P256.y };
    for (const keys of [
      [other, { ...P256, kid: 'k' }],
      [{ ...P256, kid: 'k' }, other],
    ]) {
      const found = usableKeys({ keys }, ['ES256'], ISSUER);
      assert.deepEqual([found?.keys.length, found?.skipped], [1, ['k: cannot be read']]);
    }
  });

  it('has no key for a kid of different keys, in any order and number', () => {
    const other = { ...rsa(), kid: 'k' };
    for (const keys of [
      [K, other],
      [other, K, K],
      [K, other, K],
    ]) {
      const found = usableKeys({ keys: [...keys, { ...P256, kid: 'p' }] }, ['RS256', 'ES256'], ISSUER);
      assert.deepEqual(
        found?.keys.map(({ kid }) => kid),
        ['p'],
      );
      assert.deepEqual([...(found?.kids ?? [])], ['k', 'p']);
      assert.ok(found?.skipped.includes('k: names different keys'));
    }
  });

  it('says why it skips faulty keys, and nothing about keys for another use', () => {
    const others = [
      { ...rsa(1024), kid: 'weak' },
      { ...rsa(), kid: 'k', use: 'enc' },
    ];
    const keys = [7, RSA, { ...K, d: 'AQAB' }, ...others, P256];
    const { skipped } = usableKeys({ keys }, ['ES256'], ISSUER) ?? assert.fail();
    assert.deepEqual(skipped, [
      'key 0: is not an object',
      'key 1: has no usable kid',
      'k: has a private member',
      'weak: is a weak RSA key',
      'key 5: has no usable kid',
    ]);
  });

  const TENANT = 'https://login.microsoftonline.com/11111111-2222-3333-4444-555555555555/v2.0';
  const owners: readonly (readonly [owner: unknown, isUsed: boolean])[] = [
    [undefined, true],
    [TENANT, true],
    ['https://login.microsoftonline.com/{tenantid}/v2.0', true],
    ['a name', true],
    [{ name: 'x' }, true],
    [TENANT.replace('1111', '9999'), false],
    ['https://login.microsoftonline.com/{tenantid}/v1.0', false],
    ['https://login.example.com/{tenantid}/v2.0', false],
    ['https://{tenantid}', false],
    ['https://login.microsoftonline.com/{tenantid}', false],
  ];
  for (const [owner, isUsed] of owners) {
    it(`${isUsed ? 'uses' : 'skips'} a key with the issuer ${JSON.stringify(owner)}`, () => {
      const found = usableKeys({ keys: [{ ...K, issuer: owner }] }, ['RS256'], TENANT);
      assert.deepEqual(found?.skipped, isUsed ? [] : ['k: belongs to another issuer']);
      assert.equal(found?.keys.length, isUsed ? 1 : 0);
    });
  }

  it('returns a usable key among unusable ones', () => {
    const good = { ...RSA, kid: 'good' };
    const kids = usableKeys({ keys: [null, { ...good, use: 'enc' }, good, 'x'] }, ALGORITHMS, ISSUER)?.keys;
    assert.deepEqual([...new Set(kids?.map(({ kid }) => kid))], ['good']);
  });

  for (const [what, document] of Object.entries({
    ...{ null: null, 'a text': '"x"', 'a list': [{ ...RSA, kid: 'k' }], 'an empty object': {} },
    ...{ 'keys that are not a list': { keys: { 0: RSA, length: 1 } }, 'keys as null': { keys: null } },
  })) {
    it(`returns nothing for ${what}`, () =>
      assert.equal(usableKeys(document, ALGORITHMS, ISSUER), undefined));
  }
});

/** The same modulus without its highest bit. */
function shortened({ n }: Jwk): string {
  const bytes = Buffer.from(String(n), 'base64url');
  bytes[0] = 0x7f;
  return bytes.toString('base64url');
}

function padded({ n }: Jwk): string {
  return Buffer.concat([Buffer.alloc(8), Buffer.from(String(n), 'base64url')]).toString('base64url');
}
