import { dummySignature, hs256, unsigned } from '../../helpers/forge.ts';
import { type Attack, isRsa, partsOf } from '../attack.ts';
import { forgeOf, type Kind } from '../issuer-kinds.ts';
import { spareKeys } from '../servers.ts';
import { createKey, type IssuerKey, publicJwk, signer } from '../signers.ts';

const NONE = ['none', 'None', 'NONE', 'nOnE', 'none ', ' none', 'none\0'];
const NO_ALG = [undefined, null, true, 1, '', [], ['RS256'], {}, { alg: 'RS256' }, [['RS256']], '__proto__'];

/** Every way a public key may be written where somebody took it for a shared secret. */
function asSecrets({ key }: Kind): (string | Buffer)[] {
  const { publicKey } = key;
  const { kid, use, ...jwk } = publicJwk(key);
  const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString();
  const number = String(jwk.n ?? jwk.x);
  return [
    ...[pem, pem.trim(), pem.replaceAll('\n', '\r\n')],
    ...(publicKey.asymmetricKeyType === 'rsa' ? [publicKey.export({ type: 'pkcs1', format: 'pem' })] : []),
    publicKey.export({ type: 'spki', format: 'der' }),
    ...[jwk, publicJwk(key), { keys: [publicJwk(key)] }].map((value) => JSON.stringify(value)),
    ...[number, Buffer.from(number, 'base64url'), '', key.kid],
  ];
}

const oneOff = { p521: createKey('P-521', 'p521'), k256: createKey('secp256k1', 'k256') };

/** Algorithms, each with a key that can really sign so: the issuer's own where that is one. */
function foreignAlgorithms({ alg, key }: Kind): [alg: string, key: IssuerKey][] {
  const spare = (kid: string) => spareKeys.find((one) => one.kid === kid) ?? key;
  const rsa = isRsaKey(key) ? key : spare('spare-rsa');
  const all: [string, IssuerKey][] = [
    ...['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'].map((name): [string, IssuerKey] => [name, rsa]),
    ['ES256', alg === 'ES256' ? key : spare('spare-p256')],
    ['ES384', spare('spare-p384')],
    ['ES512', oneOff.p521],
    ['ES256K', oneOff.k256],
    ['EdDSA', alg === 'EdDSA' ? key : spare('spare-ed')],
    // RFC 9864 §2.2: the same signature by its new name.
    ['Ed25519', alg === 'EdDSA' ? key : spare('spare-ed')],
  ];
  return all.filter(([name]) => name !== alg);
}

const isRsaKey = ({ publicKey }: IssuerKey) => publicKey.asymmetricKeyType === 'rsa';

/** What may be in the header, and what was signed with instead. */
const DISGUISES: Readonly<Record<Kind['alg'], readonly string[]>> = {
  RS256: ['RS384', 'RS512', 'PS256'],
  PS256: ['PS384', 'PS512', 'RS256'],
  ES256: ['ES384', 'ES512'],
  EdDSA: [],
};

export const algorithms: readonly Attack[] = [
  {
    what: 'alg none in any casing, without a signature',
    tokens: (kind, { now }) => NONE.map((alg) => forgeOf(kind, now, { header: { alg }, signer: unsigned })),
  },
  {
    what: 'alg none in any casing, with a signature',
    tokens: (kind, { now, good }) => [
      ...NONE.map((alg) => forgeOf(kind, now, { header: { alg } })),
      ...NONE.map((alg) => forgeOf(kind, now, { header: { alg }, signer: dummySignature })),
      ...NONE.map((alg) =>
        forgeOf(kind, now, { header: { alg, kid: undefined }, signer: () => partsOf(good)[2] }),
      ),
    ],
  },
  {
    what: 'a token whose header names no algorithm, or names one by another type',
    tokens: (kind, { now }) => NO_ALG.map((alg) => forgeOf(kind, now, { header: { alg } })),
  },
  {
    what: 'HS256 keyed with the public key, however that is written',
    tokens: (kind, { now }) =>
      asSecrets(kind).flatMap((secret) => [
        forgeOf(kind, now, { header: { alg: 'HS256' }, signer: hs256(secret) }),
        // Keyed so, but by the name of the right algorithm it is only a bad signature: `forgedSignatures`.
        forgeOf(kind, now, { header: { alg: 'hs256' }, signer: hs256(secret) }),
      ]),
  },
  {
    what: 'an algorithm that its issuer does not use, really signed with a key that the issuer publishes',
    tokens: (kind, { now }) =>
      foreignAlgorithms(kind).map(([alg, key]) =>
        forgeOf(kind, now, { header: { alg, kid: key.kid }, signer: signer(alg, key) }),
      ),
  },
  {
    what: 'its own algorithm in another spelling',
    tokens: (kind, { now }) =>
      [kind.alg.toLowerCase(), `${kind.alg} `, ` ${kind.alg}`, `${kind.alg}\0`, [kind.alg]].map((alg) =>
        forgeOf(kind, now, { header: { alg } }),
      ),
  },
  {
    what: 'a signature by another algorithm of the same key under the name of the right one',
    needsKey: true,
    against: isRsa,
    tokens: (kind, { now }) =>
      DISGUISES[kind.alg].map((alg) => forgeOf(kind, now, { signer: signer(alg, kind.key) })),
  },
  {
    what: 'an HMAC by the public key under the name of the right algorithm',
    needsKey: true,
    tokens: (kind, { now }) => asSecrets(kind).map((secret) => forgeOf(kind, now, { signer: hs256(secret) })),
  },
];
