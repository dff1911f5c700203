import assert from 'node:assert/strict';
import { generateKeyPairSync, sign } from 'node:crypto';
import { inspect } from 'node:util';
import { permissionsOf } from '../../../../src/authz/roles.ts';
import { invalidToken } from '../../../../src/core/errors.ts';
import {
  dummySignature,
  forge,
  forgeIdToken,
  hs256,
  isSignedByGoogle,
  rs256,
  unsigned,
} from '../../../helpers/forge.ts';
import { createSigningKey, googleKey, idTokenClaims, mintIdToken } from '../../../helpers/google.ts';
import { authenticateToken, useTestInstance } from '../../../helpers/instance.ts';
import { assertRefused, refusalOf } from '../../../helpers/refusal.ts';

const PUBLIC_MESSAGE = invalidToken('malformed-token').message;

describe('Firebase ID token', () => {
  const test = useTestInstance();
  before(() => {
    test.google.users.set('ada', { localId: 'ada' });
  });

  it('becomes a principal', async () => {
    const claims = idTokenClaims({ sub: 'bea', roles: ['support'], rv: 3 });
    const principal = await authenticateToken(test.instance, await mintIdToken(claims));
    assert.deepEqual(principal, {
      kind: 'user',
      issuer: claims.iss,
      subject: 'bea',
      uid: 'bea',
      directoryId: 'bea',
      email: 'ada@example.com',
      emailVerified: true,
      roles: ['support'],
      permissions: permissionsOf(['support']),
      authTime: claims.auth_time,
      assurance: { level: 'aal1', at: claims.auth_time, methods: ['password'] },
      provider: 'password',
      tokenExpiresAt: claims.exp,
      credential: 'bearer',
    });
  });

  it('is accepted without typ', async () => {
    assert.equal(
      (await authenticateToken(test.instance, forgeIdToken({ header: { typ: undefined } }))).subject,
      'ada',
    );
  });

  const otherKey = createSigningKey();
  const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
  const es256 = (input: string) => sign('sha256', Buffer.from(input), { key: ec, dsaEncoding: 'ieee-p1363' });
  const ps256 = (input: string) =>
    sign('sha256', Buffer.from(input), { key: googleKey.privateKey, padding: 6 });
  const rs384 = (input: string) => sign('sha384', Buffer.from(input), googleKey.privateKey);
  const der = Buffer.from(googleKey.publicPem.replaceAll(/-----.*-----|\s/g, ''), 'base64');

  /** Refused by the header, before any key is looked up. */
  const algorithms: Record<string, string> = {
    ...Object.fromEntries(
      ['none', 'None', 'NONE', 'nOnE', 'none ', ''].flatMap((alg) => [
        [`alg "${alg}", unsigned`, forgeIdToken({ header: { alg }, signer: unsigned })],
        [`alg "${alg}" with Google's signature`, forgeIdToken({ header: { alg } })],
      ]),
    ),
    ...Object.fromEntries(
      [undefined, null, 0, true, ['RS256'], { alg: 'RS256' }, 'rs256', 'RS256 ', 'RS1'].map((alg) => [
        `alg ${JSON.stringify(alg)} with Google's signature`,
        forgeIdToken({ header: { alg } }),
      ]),
    ),
    'alg RS256 without a signature': forgeIdToken({ signer: unsigned }),
    'HS256 keyed with the public key': forgeIdToken({
      header: { alg: 'HS256' },
      signer: hs256(googleKey.publicPem),
    }),
    'HS256 keyed with the public key, trimmed': forgeIdToken({
      header: { alg: 'HS256' },
      signer: hs256(googleKey.publicPem.trim()),
    }),
    'HS256 keyed with the public key in DER': forgeIdToken({
      header: { alg: 'HS256' },
      signer: hs256(der.toString('latin1')),
    }),
    'HS256 keyed with nothing': forgeIdToken({ header: { alg: 'HS256' }, signer: hs256('') }),
    RS384: forgeIdToken({ header: { alg: 'RS384' }, signer: rs384 }),
    PS256: forgeIdToken({ header: { alg: 'PS256' }, signer: ps256 }),
    ES256: forgeIdToken({ header: { alg: 'ES256' }, signer: es256 }),
  };

  const signatures: Record<string, string> = {
    "another RSA key under Google's kid": forgeIdToken({ signer: rs256(otherKey) }),
    'a signature of other bytes': `${forgeIdToken({ claims: { sub: 'eve' } })
      .split('.', 2)
      .join('.')}.${forgeIdToken({}).split('.')[2]}`,
    'a made-up signature': forgeIdToken({ signer: dummySignature }),
    'one byte of signature': forgeIdToken({ signer: () => Buffer.from([0]) }),
    'RS384 behind alg RS256': forgeIdToken({ signer: rs384 }),
    'PS256 behind alg RS256': forgeIdToken({ signer: ps256 }),
    'ES256 behind alg RS256': forgeIdToken({ signer: es256 }),
    'HS256 behind alg RS256': forgeIdToken({ signer: hs256(googleKey.publicPem) }),
    'a kid that Google does not serve': forgeIdToken({
      header: { kid: otherKey.kid },
      signer: rs256(otherKey),
    }),
    'the kid "constructor"': forgeIdToken({ header: { kid: 'constructor' } }),
    'the kid "__proto__"': forgeIdToken({ header: { kid: '__proto__' } }),
    'a kid that starts with the one of Google': forgeIdToken({ header: { kid: `${googleKey.kid}A` } }),
  };

  const kids: Record<string, unknown> = {
    missing: undefined,
    null: null,
    empty: '',
    numeric: 1,
    'an array': [googleKey.kid],
    'an object': { kid: googleKey.kid },
    SQL: "' UNION SELECT 'key' --",
    'of 129 characters': 'k'.repeat(129),
    'with a line break': `${googleKey.kid}\n`,
    'with a NUL': `${googleKey.kid}\0`,
  };

  /** A key id is only compared with those of Google's keys; nothing is fetched from it. */
  const unknownKids = { 'a path': '../../../../dev/null', 'a URL': 'https://evil.example/key' };

  for (const [what, token] of Object.entries(algorithms)) {
    it(`is refused: ${what}`, () =>
      assertRefused(() => authenticateToken(test.instance, token), 'invalid_token', 'wrong-algorithm'));
  }
  for (const [what, token] of Object.entries(signatures)) {
    const reason = what.includes('kid') && !what.includes('under') ? 'unknown-kid' : 'wrong-signature';
    it(`is refused: ${what}`, () =>
      assertRefused(() => authenticateToken(test.instance, token), 'invalid_token', reason));
  }
  for (const [what, kid] of Object.entries(unknownKids)) {
    it(`is refused: kid ${what}`, () =>
      assertRefused(
        () => authenticateToken(test.instance, forgeIdToken({ header: { kid } })),
        'invalid_token',
        'unknown-kid',
      ));
  }
  for (const [what, kid] of Object.entries(kids)) {
    it(`is refused: kid ${what}`, () =>
      assertRefused(
        () => authenticateToken(test.instance, forgeIdToken({ header: { kid } })),
        'invalid_token',
        'no-usable-kid',
      ));
  }
  it('is refused: kid of 10 KB', () =>
    assertRefused(
      () => authenticateToken(test.instance, forgeIdToken({ header: { kid: 'k'.repeat(10_000) } })),
      'invalid_token',
      'longer than 8 KiB',
    ));
  for (const typ of ['jwt', 'at+jwt', 'logout+jwt', '', 1, ['JWT']]) {
    it(`is refused: typ ${JSON.stringify(typ)}`, () =>
      assertRefused(
        () => authenticateToken(test.instance, forgeIdToken({ header: { typ } })),
        'invalid_token',
        'wrong-typ',
      ));
  }

  it('is refused with one message for every reason, and no part of the token in the error', async () => {
    const all = { ...algorithms, ...signatures, expired: forgeIdToken({ claims: { exp: 1, iat: 0 } }) };
    for (const [what, token] of Object.entries(all)) {
      const error = await refusalOf(() => authenticateToken(test.instance, token));
      assert.equal(error.message, PUBLIC_MESSAGE, what);
      const [, payload = '', signature = ''] = token.split('.');
      const everything = inspect(error, { depth: Number.POSITIVE_INFINITY }) + JSON.stringify(error);
      assert.ok(!everything.includes(payload), what);
      if (signature.length > 8) assert.ok(!everything.includes(signature), what);
    }
  });

  it('causes no request when its header or format is invalid', async () => {
    test.google.requests.length = 0;
    for (const token of [
      ...Object.values(algorithms),
      forge({ alg: 'RS256', jku: 'https://evil.example' }, {}),
    ]) {
      await refusalOf(() => authenticateToken(test.instance, token));
    }
    assert.deepEqual(test.google.requests, []);
  });
});

describe('the forged ID tokens of these tests', () => {
  it("have Google's real signature by default, so that a refusal has another reason", () => {
    assert.equal(isSignedByGoogle(forgeIdToken({ claims: { aud: 'other' } })), true);
    assert.equal(isSignedByGoogle(forgeIdToken({ signer: rs256(createSigningKey()) })), false);
  });
});
