import { MFA_KEYS_SECRET, type MfaKey, type MfaKeys } from '../core/mfa-keys.ts';

/** Which factor a secret belongs to. Authenticated: the text of one factor cannot be decrypted as that of another. */
interface SecretOwner {
  /** Directory id of the user. */
  readonly user: string;
  /** Id of the factor. */
  readonly factor: string;
}

const ALGORITHMS = { alg: 'dir', enc: 'A256GCM' } as const;

/**
 * Encrypts the secret of a factor with the first key.
 *
 * @returns a compact JWE (RFC 7516 §3.1), with the key and the owner in its protected header
 * @throws Error without a key
 */
export async function encryptSecret(keys: MfaKeys, secret: string, owner: SecretOwner): Promise<string> {
  const [key] = keys;
  if (key === undefined) throw noKey();
  const { CompactEncrypt } = await import('jose');
  return new CompactEncrypt(new TextEncoder().encode(secret))
    .setProtectedHeader({ ...ALGORITHMS, kid: key.id, sub: owner.user, factor: owner.factor })
    .encrypt(bytesOf(key));
}

/**
 * Decrypts what {@link encryptSecret} returned.
 *
 * @throws Error for a key that is not configured, for a changed text, and for the secret of another factor
 */
export async function decryptSecret(keys: MfaKeys, encrypted: string, owner: SecretOwner): Promise<string> {
  const { compactDecrypt } = await import('jose');
  const allowed = {
    keyManagementAlgorithms: [ALGORITHMS.alg],
    contentEncryptionAlgorithms: [ALGORITHMS.enc],
  };
  const { plaintext, protectedHeader } = await compactDecrypt(
    encrypted,
    ({ kid }: { kid?: string }) => {
      const key = keys.find(({ id }) => id === kid);
      if (key === undefined)
        throw keys.length === 0 ? noKey() : new Error(`no key "${kid}" in ${MFA_KEYS_SECRET}`);
      return bytesOf(key);
    },
    allowed,
  );
  const { sub, factor } = protectedHeader;
  if (sub !== owner.user || factor !== owner.factor) throw new Error('the secret belongs to another factor');
  return new TextDecoder().decode(plaintext);
}

/** The start of the HTTP API is refused without a key. Other functions have none. */
const noKey = () => new Error(`${MFA_KEYS_SECRET}: is missing in this process`);

const bytesOf = ({ secret }: MfaKey) => Buffer.from(secret, 'base64url');
