import { type Attack, isFirebase } from '../attack.ts';
import { forgeOf } from '../issuer-kinds.ts';
import { publicJwk, signer } from '../signers.ts';

/** RFC 7515 §4.1, RFC 7797, RFC 7516 §4.1, RFC 7518 §4: what a header may hold that chooses or changes what is done. */
const OTHERS: readonly Readonly<Record<string, unknown>>[] = [
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

export const offeredKeys: readonly Attack[] = [
  {
    what: 'a key that the token brings along: jwk, jku, x5u, x5c',
    tokens: (kind, { now, url, key }) => {
      const x5c = [key.publicKey.export({ type: 'spki', format: 'der' }).toString('base64')];
      const offers = [{ jwk: publicJwk(key) }, { jku: `${url}/keys` }, { x5u: `${url}/chain` }, { x5c }];
      return offers.flatMap((offer) => [
        forgeOf(kind, now, {
          header: { alg: 'RS256', kid: key.kid, ...offer },
          signer: signer('RS256', key),
        }),
        forgeOf(kind, now, { header: { alg: 'RS256', ...offer }, signer: signer('RS256', key) }),
        // Harmless, and signed by the issuer: still nothing that may choose a key.
        forgeOf(kind, now, { header: offer }),
      ]);
    },
  },
  {
    what: 'header keys that no issuer needs, though the issuer itself signed them',
    tokens: (kind, { now }) => OTHERS.map((header) => forgeOf(kind, now, { header })),
  },
  {
    what: 'an address where a name belongs: kid, typ and alg that are URLs',
    needsKey: true,
    tokens: (kind, { now, url, key }) => [
      forgeOf(kind, now, { header: { kid: `${url}/keys` }, signer: signer('RS256', key) }),
      forgeOf(kind, now, { header: { kid: `${url}/keys`, typ: url } }),
      forgeOf(kind, now, { header: { alg: `${url}/keys` } }),
    ],
  },
  {
    what: 'an issuer that the attacker runs, with a discovery document and keys that would verify it',
    tokens: (kind, { now, url, key }) =>
      [
        url,
        `${url}/`,
        `${url}/realm`,
        url.replace('http', 'https'),
        `${kind.issuer}@${url.replace(/^\w+:\/\//, '')}`,
      ].map((iss) =>
        forgeOf(kind, now, {
          header: { alg: 'RS256', kid: key.kid },
          claims: { iss },
          signer: signer('RS256', key),
        }),
      ),
  },
  {
    what: 'addresses of the attacker in claims: jku, jwks_uri, iss_jwks, a distributed claim (OpenID Connect Core §5.6.2)',
    needsKey: true,
    against: (kind) => !isFirebase(kind),
    tokens: (kind, { now, url, key }) =>
      [
        { jwks_uri: `${url}/keys` },
        { jku: `${url}/keys`, cnf: { jku: `${url}/keys`, jwk: publicJwk(key) } },
        { _claim_names: { roles: 'x' }, _claim_sources: { x: { endpoint: `${url}/roles` } } },
      ].map((claims) =>
        forgeOf(kind, now, { header: { kid: key.kid }, claims, signer: signer(kind.alg, kind.key) }),
      ),
  },
];
