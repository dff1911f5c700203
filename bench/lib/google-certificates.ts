import { createPublicKey } from 'node:crypto';
import type { SigningKey } from '../../functions/test/helpers/google.ts';
import { createCertificate, element, oid, sequence } from '../../functions/test/helpers/self-signed.ts';

/**
 * The body of Google's certificate endpoint, which firebase-admin uses: an X.509 certificate for each key, with the fields and
 * extensions of Google's. firebase-admin parses it for each token, and a certificate takes longer than a plain public key.
 */
export function googleCertificates(keys: readonly SigningKey[]): Record<string, string> {
  return Object.fromEntries(keys.map((key) => [key.kid, certificateOf(key)]));
}

function certificateOf({ privateKey }: SigningKey): string {
  return createCertificate({
    ...{ privateKey, publicKey: createPublicKey(privateKey), hash: 'sha1' },
    algorithm: sequence(oid([0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x05]), element(0x05, EMPTY)), // sha1WithRSA
    commonName: 'securetoken.system.gserviceaccount.com',
    extensions: [
      critical([0x55, 0x1d, 0x13], sequence()), // basicConstraints: not a certificate authority
      critical([0x55, 0x1d, 0x0f], element(0x03, Buffer.from([7, 0x80]))), // keyUsage: digitalSignature
      critical([0x55, 0x1d, 0x25], sequence(oid([0x2b, 6, 1, 5, 5, 7, 3, 2]))), // extKeyUsage: clientAuth
    ],
  });
}

const EMPTY = Buffer.alloc(0);

const critical = (id: number[], value: Buffer) =>
  sequence(oid(id), element(0x01, Buffer.from([0xff])), element(0x04, value));
