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

const RSA = rsa();
const P256 = ec('P-256');
const ED = jwkOf(generateKeyPairSync('ed25519'));

const isUsable = (key: unknown, algorithms = ALGORITHMS) =>
  (usableKeys({ keys: [key] }, algorithms)?.keys.length ?? 0) > 0;

describe('usableKeys', () => {
  it('returns the keys for the algorithms of the profile', () => {
    const all = { keys: [RSA, P256, ED].map((key, index) => ({ ...key, kid: `k${index}` })) };
    const kids = (...algorithms: (typeof ALGORITHMS)[number][]) =>
      usableKeys(all, algorithms)?.keys.map(({ kid }) => kid);
    assert.deepEqual(kids(...ALGORITHMS), ['k0', 'k1', 'k2']);
    assert.deepEqual(kids('RS256'), ['k0']);
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
    'is for an algorithm outside of the profile': { ...RSA, kid: 'k', alg: 'RS512' },
    'is RSA of 1024 bits': { ...rsa(1024), kid: 'k' },
    'is RSA of 2047 bits': { ...RSA, kid: 'k', n: shortened(RSA) },
    'is RSA of 2040 bits and zeros': { ...RSA, kid: 'k', n: padded(rsa(2040)) },
    'has the exponent 3': { ...rsa(2048, 3), kid: 'k' },
    'has no modulus': { ...RSA, kid: 'k', n: undefined },
    'has a modulus of zeros': { ...RSA, kid: 'k', n: Buffer.alloc(300).toString('base64url') },
    'is on another curve': { ...ec('P-384'), kid: 'k' },
    'is for key agreement': { ...jwkOf(generateKeyPairSync('x25519')), kid: 'k' },
    'is symmetric': { kty: 'oct', k: 'c2VjcmV0', kid: 'k', alg: 'HS256' },
    'has the type "constructor"': { ...RSA, kid: 'k', kty: 'constructor' },
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

  it('returns a usable key among unusable ones', () => {
    const good = { ...RSA, kid: 'good' };
    const kids = usableKeys({ keys: [null, { ...good, use: 'enc' }, good, 'x'] }, ALGORITHMS)?.keys;
    assert.deepEqual(
      kids?.map(({ kid }) => kid),
      ['good'],
    );
  });

  for (const [what, document] of Object.entries({
    ...{ null: null, 'a text': '"x"', 'a list': [{ ...RSA, kid: 'k' }], 'an empty object': {} },
    ...{ 'keys that are not a list': { keys: { 0: RSA, length: 1 } }, 'keys as null': { keys: null } },
  })) {
    it(`returns nothing for ${what}`, () => assert.equal(usableKeys(document, ALGORITHMS), undefined));
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
