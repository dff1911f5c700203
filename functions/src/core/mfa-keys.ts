import { randomBytes } from 'node:crypto';
import { ConfigError } from './config-error.ts';

/** The secret that holds the keys of second factors. */
export const MFA_KEYS_SECRET = 'MFA_ENCRYPTION_KEYS';

/** A key of AES-256-GCM. */
export interface MfaKey {
  /** Stands in stored documents. */
  readonly id: string;
  /** 32 bytes in base64url. */
  readonly secret: string;
}

/** The first key encrypts, each decrypts. Empty in a process without the secret. */
export type MfaKeys = readonly MfaKey[];

const KEY = /^([a-z0-9][a-z0-9-]{0,31}):([A-Za-z0-9_-]+)$/;
const KEY_BYTES = 32;

/**
 * Reads `id:key`, comma-separated.
 *
 * @throws ConfigError that names a key by its id or position, never by its value
 */
export function readMfaKeys(text = ''): MfaKeys {
  const parts = text.trim() === '' ? [] : text.split(',');
  const problems: string[] = [];
  const keys = parts.flatMap((part, index) => {
    const [, id, secret] = KEY.exec(part.trim()) ?? [];
    if (id === undefined || secret === undefined) {
      problems.push(`key ${index + 1} is not an id and a base64url text like k1:kZ0…`);
      return [];
    }
    const { length } = Buffer.from(secret, 'base64url');
    if (length !== KEY_BYTES) problems.push(`key ${id} has ${length} bytes, and has to have ${KEY_BYTES}`);
    return [Object.freeze({ id, secret })];
  });
  if (new Set(keys.map(({ id }) => id)).size < keys.length) problems.push('has two keys with the same id');
  const values = keys.map(({ secret }) => Buffer.from(secret, 'base64url').toString('hex'));
  if (new Set(values).size < keys.length) problems.push('has the same key twice');
  if (problems.length > 0) throw invalid(problems);
  return Object.freeze(keys);
}

/** A new key, as an entry of the secret. Its id is that of no other key. */
export function generateMfaKey(): string {
  return `k${randomBytes(4).toString('hex')}:${randomBytes(KEY_BYTES).toString('base64url')}`;
}

/** @throws ConfigError without a key */
export function requireMfaKeys(keys: MfaKeys): void {
  if (keys.length === 0) throw invalid(['is missing']);
}

const invalid = (problems: readonly string[]) =>
  new ConfigError(problems.map((problem) => `${MFA_KEYS_SECRET}: ${problem}`));
