import { type Attack, isFirebase } from '../attack.ts';
import { publicJwk, signer } from '../signers.ts';
import { forgeToken } from '../token-kinds.ts';

/** Header parameters that choose a key or change the processing: RFC 7515 §4.1, RFC 7797, RFC 7516 §4.1, RFC 7518 §4. */
const OTHER_PARAMETERS: readonly Readonly<Record<string, unknown>>[] = [
  { crit: ['exp'] },
  { crit: [] },
  { crit: ['b64'], b64: false },
  { b64: false },
  { b64: true },
  { zip: 'DEF' },
  { enc: 'A256GCM' },
  { p2c: 2_000_000_000, p2s: 'c2FsdA' },
  { epk: { kty: 'EC' } },
  { cty: 'JWT' },
  { cty: 'at+jwt' },
  { x5t: 'thumb' },
  { 'x5t#S256': 'thumb' },
  { iss: 'https://evil.example' },
  { aud: 'x' },
  { exp: 1 },
  { nonce: 'x' },
  { svt: [] },
  { ppt: 'shaken' },
  { KID: 'x' },
  { 'alg ': 'none' },
  { constructor: 1 },
  { toString: 1 },
];

export const embeddedKeys: readonly Attack[] = [
  {
    name: 'an embedded key or its URL (jwk, jku, x5u, x5c)',
    tokens: (kind, { now, url, key }) => {
      const x5c = [key.publicKey.export({ type: 'spki', format: 'der' }).toString('base64')];
      const offers = [{ jwk: publicJwk(key) }, { jku: `${url}/keys` }, { x5u: `${url}/chain` }, { x5c }];
      return offers.flatMap((offer) => [
        forgeToken(kind, now, {
          header: { alg: 'RS256', kid: key.kid, ...offer },
          signer: signer('RS256', key),
        }),
        forgeToken(kind, now, { header: { alg: 'RS256', ...offer }, signer: signer('RS256', key) }),
        // Signed by the issuer. A token must not choose the key even then.
        forgeToken(kind, now, { header: offer }),
      ]);
    },
  },
  {
    name: 'another header parameter (crit, b64, zip, enc, cty, x5t …)',
    tokens: (kind, { now }) => OTHER_PARAMETERS.map((header) => forgeToken(kind, now, { header })),
  },
  {
    name: 'a URL as kid, typ or alg',
    needsKey: true,
    tokens: (kind, { now, url, key }) => [
      forgeToken(kind, now, { header: { kid: `${url}/keys` }, signer: signer('RS256', key) }),
      forgeToken(kind, now, { header: { kid: `${url}/keys`, typ: url } }),
      forgeToken(kind, now, { header: { alg: `${url}/keys` } }),
    ],
  },
  {
    name: 'the attacker’s own issuer with a discovery document and keys',
    tokens: (kind, { now, url, key }) =>
      [
        url,
        `${url}/`,
        `${url}/realm`,
        url.replace('http', 'https'),
        `${kind.issuer}@${url.replace(/^\w+:\/\//, '')}`,
      ].map((iss) =>
        forgeToken(kind, now, {
          header: { alg: 'RS256', kid: key.kid },
          claims: { iss },
          signer: signer('RS256', key),
        }),
      ),
  },
  {
    name: 'URLs in claims (jku, jwks_uri, distributed claims), without fetching them',
    needsKey: true,
    appliesTo: (kind) => !isFirebase(kind),
    // `_claim_sources`: OpenID Connect Core §5.6.2.
    tokens: (kind, { now, url, key }) =>
      [
        { jwks_uri: `${url}/keys` },
        { jku: `${url}/keys`, cnf: { jku: `${url}/keys`, jwk: publicJwk(key) } },
        { _claim_names: { roles: 'x' }, _claim_sources: { x: { endpoint: `${url}/roles` } } },
      ].map((claims) =>
        forgeToken(kind, now, { header: { kid: key.kid }, claims, signer: signer(kind.alg, kind.key) }),
      ),
  },
];
