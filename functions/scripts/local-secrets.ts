import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { generateMfaKey, MFA_KEYS_SECRET } from '../src/core/mfa-keys.ts';

/**
 * Adds the secrets of the functions to the file from which the emulator takes them, with generated values. Those that it has
 * stay: the emulator may have data that they encrypt. Git and deployments ignore the file.
 */
export function addLocalSecrets(file: string): void {
  const text = existsSync(file) ? readFileSync(file, 'utf8') : '';
  if (new RegExp(`^\\s*(export\\s+)?${MFA_KEYS_SECRET}\\s*=`, 'm').test(text)) return;
  const before = text === '' || text.endsWith('\n') ? text : `${text}\n`;
  writeFileSync(file, `${before}${MFA_KEYS_SECRET}=${generateMfaKey()}\n`, { mode: 0o600 });
}
