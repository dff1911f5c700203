import { hash, randomInt } from 'node:crypto';
import type { DocumentSnapshot, Timestamp } from '@google-cloud/firestore';
import { toDate } from '../core/time.ts';
import type { OpenedFirestore } from '../platform/firestore/firestore.ts';

const RECOVERY_CODES = 'recoveryCodes';

const COUNT = 10;
const GROUPS = 6;
const GROUP_LENGTH = 4;
/** Crockford's base32: no letter looks like a digit. */
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

/** Ten codes of 120 random bits: `7Q2M-0XKD-9VTA-4HNR-C3WE-8ZGP`. */
export function generateRecoveryCodes(): string[] {
  const character = () => ALPHABET.charAt(randomInt(ALPHABET.length));
  const group = () => Array.from({ length: GROUP_LENGTH }, character).join('');
  return Array.from({ length: COUNT }, () => Array.from({ length: GROUPS }, group).join('-'));
}

/**
 * What is stored of a code. A plain hash suffices: unlike passwords, 2^120 codes cannot be tried.
 *
 * @param code as a person types it: in any case, with or without separators
 */
export function recoveryCodeHash(user: string, code: string): string {
  const typed = code.toUpperCase().replaceAll(/[\s-]/g, '');
  const read = typed.replaceAll('O', '0').replaceAll(/[IL]/g, '1');
  return hash('sha256', JSON.stringify([user, read]), 'base64url');
}

/** The hashes of the unused codes of a user: one document. */
export const recoveryCodesRef = ({ db }: OpenedFirestore, user: string) =>
  db.doc(`${RECOVERY_CODES}/${user}`);

interface StoredCodes {
  readonly hashes: readonly string[];
  /** Seconds since the epoch. */
  readonly created: number;
}

export function toDocument({ hashes, created }: StoredCodes): Record<string, unknown> {
  return { hashes, created: toDate(created) };
}

/**
 * The hashes of the unused codes of a document.
 *
 * @param since seconds since the epoch: older codes belonged to a deleted user with the same id
 */
export function hashesIn(snapshot: DocumentSnapshot, since: number): readonly string[] {
  // As `toDocument` wrote it.
  const fields = snapshot.data() as { hashes: readonly string[]; created: Timestamp } | undefined;
  return fields === undefined || fields.created.seconds < since ? [] : fields.hashes;
}
