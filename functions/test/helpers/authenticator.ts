import assert from 'node:assert/strict';
import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import { isoCBOR } from '@simplewebauthn/server/helpers';

/**
 * An authenticator and the browser in front of it, in software: `navigator.credentials` with keys made here. A test can make
 * it break each rule of WebAuthn.
 */

type Algorithm = 'ES256' | 'RS256' | 'EdDSA';

interface Credential {
  readonly id: string;
  readonly privateKey: KeyObject;
  readonly publicKey: Uint8Array<ArrayBuffer>;
  readonly algorithm: Algorithm;
  readonly userHandle: string;
  counter: number;
}

/** What deviates from a browser and an authenticator that do everything right. */
export interface Deviations {
  readonly origin?: string;
  readonly rpId?: string;
  readonly type?: string;
  readonly challenge?: string;
  readonly crossOrigin?: boolean;
  readonly topOrigin?: string;
  readonly userPresent?: boolean;
  readonly userVerified?: boolean;
  /** Synced: the flags of backup eligibility and state. */
  readonly backup?: boolean;
  readonly counter?: number;
  /** Default: that of the credential. `null`: none. */
  readonly userHandle?: string | null;
  /** Changes the signed data, or the attestation object, after the signature. */
  readonly tamper?: boolean;
  /** The id of another credential. */
  readonly id?: string;
}

interface CreationOptions extends Deviations {
  readonly algorithm?: Algorithm;
  readonly attestation?: 'none' | 'packed';
}

interface Creation {
  readonly challenge: string;
  readonly rp: { readonly id?: string | undefined };
  readonly user: { readonly id: string };
}

interface Request {
  readonly challenge: string;
  readonly rpId?: string | undefined;
}

export interface RegistrationJson {
  readonly id: string;
  readonly rawId: string;
  readonly type: 'public-key';
  readonly response: { clientDataJSON: string; attestationObject: string; transports: string[] };
}

export interface AuthenticationJson {
  readonly id: string;
  readonly rawId: string;
  readonly type: 'public-key';
  readonly response: {
    clientDataJSON: string;
    authenticatorData: string;
    signature: string;
    userHandle?: string;
  };
}

export type SoftAuthenticator = ReturnType<typeof openAuthenticator>;

/** @param settings of every ceremony: a synced authenticator has `backup`, and its counter stays at 0 */
export function openAuthenticator(settings: { readonly origin: string; readonly backup?: boolean }) {
  const credentials: Credential[] = [];
  const { backup: isSynced = false } = settings;

  function clientData(type: string, challenge: string, how: Deviations): Buffer {
    const { origin = settings.origin, crossOrigin = false, topOrigin } = how;
    return Buffer.from(
      JSON.stringify({
        type: how.type ?? type,
        challenge: how.challenge ?? challenge,
        ...{ origin, crossOrigin, ...(topOrigin && { topOrigin }) },
      }),
    );
  }

  /** https://www.w3.org/TR/webauthn-3/#sctn-authenticator-data */
  function authenticatorData(
    rpId: string,
    how: Deviations,
    counter: number,
    attested = Buffer.alloc(0),
  ): Buffer {
    const { userPresent = true, userVerified = true, backup = isSynced } = how;
    const flags = [userPresent && 0x01, userVerified && 0x04, backup && 0x18, attested.length > 0 && 0x40];
    const count = Buffer.alloc(4);
    count.writeUInt32BE(how.counter ?? counter);
    const byte = flags.reduce((all: number, flag) => all | Number(flag), 0);
    return Buffer.concat([sha256(how.rpId ?? rpId), Buffer.from([byte]), count, attested]);
  }

  const newest = () => credentials.at(-1) ?? assert.fail('no credential');

  return {
    newest,

    /** `navigator.credentials.create()` */
    create({ challenge, rp, user }: Creation, how: CreationOptions = {}): RegistrationJson {
      const { algorithm = 'ES256', attestation = 'none' } = how;
      const id = how.id ?? randomBytes(32).toString('base64url');
      const keys = createKeys(algorithm);
      const credential = { id, ...keys, algorithm, userHandle: user.id, counter: 0 };
      credentials.push(credential);
      const idBytes = Buffer.from(id, 'base64url');
      const length = Buffer.alloc(2);
      length.writeUInt16BE(idBytes.length);
      const attested = Buffer.concat([Buffer.alloc(16), length, idBytes, keys.publicKey]);
      const data = authenticatorData(rp.id ?? '', how, 0, attested);
      const client = clientData('webauthn.create', challenge, how);
      const statement: Map<string, number | Uint8Array<ArrayBuffer>> = new Map();
      if (attestation === 'packed') {
        statement.set('alg', COSE[algorithm]);
        statement.set('sig', new Uint8Array(signWith(credential, Buffer.concat([data, sha256(client)]))));
      }
      if (how.tamper) data[33] = 1;
      const object = isoCBOR.encode(
        new Map<string, string | Uint8Array<ArrayBuffer> | typeof statement>([
          ['fmt', attestation],
          ['attStmt', statement],
          ['authData', new Uint8Array(data)],
        ]),
      );
      return {
        ...{ id, rawId: id, type: 'public-key' },
        response: {
          clientDataJSON: client.toString('base64url'),
          attestationObject: Buffer.from(object).toString('base64url'),
          transports: ['internal'],
        },
      };
    },

    /** `navigator.credentials.get()`, with the newest credential. */
    get({ challenge, rpId = '' }: Request, how: Deviations = {}): AuthenticationJson {
      const credential = newest();
      if (!isSynced) credential.counter++;
      const data = authenticatorData(rpId, how, credential.counter);
      const client = clientData('webauthn.get', challenge, how);
      const signature = signWith(credential, Buffer.concat([data, sha256(client)]));
      if (how.tamper) data.writeUInt8(data.readUInt8(36) ^ 1, 36);
      const { userHandle = credential.userHandle, id = credential.id } = how;
      return {
        ...{ id, rawId: id, type: 'public-key' },
        response: {
          clientDataJSON: client.toString('base64url'),
          authenticatorData: data.toString('base64url'),
          signature: signature.toString('base64url'),
          ...(userHandle !== null && { userHandle }),
        },
      };
    },
  };
}

/** https://www.iana.org/assignments/cose/cose.xhtml#algorithms */
const COSE = { ES256: -7, RS256: -257, EdDSA: -8 } as const;

function createKeys(algorithm: Algorithm): Pick<Credential, 'privateKey' | 'publicKey'> {
  const { privateKey, publicKey } =
    algorithm === 'ES256'
      ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
      : algorithm === 'RS256'
        ? generateKeyPairSync('rsa', { modulusLength: 2048 })
        : generateKeyPairSync('ed25519');
  const jwk = publicKey.export({ format: 'jwk' });
  const bytes = (name: 'x' | 'y' | 'n' | 'e') => new Uint8Array(Buffer.from(String(jwk[name]), 'base64url'));
  // RFC 9053 §7 and RFC 8230 §4.
  const fields: [number, number | Uint8Array<ArrayBuffer>][] =
    algorithm === 'ES256'
      ? [
          [1, 2],
          [3, COSE.ES256],
          [-1, 1],
          [-2, bytes('x')],
          [-3, bytes('y')],
        ]
      : algorithm === 'RS256'
        ? [
            [1, 3],
            [3, COSE.RS256],
            [-1, bytes('n')],
            [-2, bytes('e')],
          ]
        : [
            [1, 1],
            [3, COSE.EdDSA],
            [-1, 6],
            [-2, bytes('x')],
          ];
  return { privateKey, publicKey: isoCBOR.encode(new Map(fields)) };
}

function signWith({ privateKey, algorithm }: Credential, data: Buffer): Buffer {
  return sign(algorithm === 'EdDSA' ? null : 'sha256', data, privateKey);
}

const sha256 = (data: Buffer | string) => createHash('sha256').update(data).digest();
