import { generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';

/** A self-signed certificate for 127.0.0.1, for real TLS on loopback. */
export function createSelfSigned(): { readonly key: string; readonly cert: string } {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const cert = createCertificate({
    ...{ privateKey, publicKey, hash: 'sha256', commonName: 'gatehouse test' },
    algorithm: sequence(oid([0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02])), // ecdsa-with-SHA256
    extensions: [subjectAltName(), basicConstraints()],
  });
  return { key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(), cert };
}

interface Certificate {
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
  /** The algorithm of the signature, in DER and as Node names its hash. */
  readonly algorithm: Buffer;
  readonly hash: 'sha1' | 'sha256';
  readonly commonName: string;
  /** In DER. */
  readonly extensions: readonly Buffer[];
}

/** Creates a self-signed certificate for two days. RFC 5280 §4.1, in DER, as PEM. */
export function createCertificate(certificate: Certificate): string {
  const { privateKey, publicKey, algorithm, hash, commonName, extensions } = certificate;
  const name = sequence(
    element(0x31, sequence(oid([0x55, 0x04, 0x03]), element(0x0c, Buffer.from(commonName)))),
  );
  const day = 24 * 3600 * 1000;
  const toBeSigned = sequence(
    element(0xa0, element(0x02, Buffer.from([2]))), // version 3
    element(0x02, Buffer.concat([Buffer.from([1]), randomBytes(8)])),
    algorithm,
    name,
    sequence(time(Date.now() - day), time(Date.now() + day)),
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    element(0xa3, sequence(...extensions)),
  );
  const signature = sign(hash, toBeSigned, privateKey);
  const der = sequence(toBeSigned, algorithm, element(0x03, Buffer.concat([Buffer.from([0]), signature])));
  const body = der
    .toString('base64')
    .match(/.{1,64}/g)
    ?.join('\n');
  return `-----BEGIN CERTIFICATE-----\n${body}\n-----END CERTIFICATE-----\n`;
}

/** SubjectAltName: the address 127.0.0.1, §4.2.1.6. */
function subjectAltName(): Buffer {
  const names = sequence(element(0x87, Buffer.from([127, 0, 0, 1])));
  return sequence(oid([0x55, 0x1d, 0x11]), element(0x04, names));
}

/** BasicConstraints: a certificate authority, so that it may sign itself, §4.2.1.9. */
function basicConstraints(): Buffer {
  const authority = sequence(element(0x01, Buffer.from([0xff])));
  return sequence(oid([0x55, 0x1d, 0x13]), element(0x01, Buffer.from([0xff])), element(0x04, authority));
}

export const sequence = (...parts: Buffer[]) => element(0x30, Buffer.concat(parts));
export const oid = (bytes: number[]) => element(0x06, Buffer.from(bytes));

/** UTCTime, §4.1.2.5.1. */
function time(at: number): Buffer {
  const digits = new Date(at).toISOString().replaceAll(/[^0-9]/g, '');
  return element(0x17, Buffer.from(`${digits.slice(2, 14)}Z`));
}

export function element(tag: number, content: Buffer): Buffer {
  const { length } = content;
  const size =
    length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
}
