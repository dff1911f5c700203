import { randomBytes } from 'node:crypto';
import type { DocumentReference, DocumentSnapshot, Timestamp } from '@google-cloud/firestore';
import { toDate } from '../core/time.ts';
import { type OpenedFirestore, omitUndefined } from '../platform/firestore/firestore.ts';

export const FACTORS = 'factors';

/** A TOTP factor of a user. Times are seconds since the epoch. */
export interface TotpFactor {
  /** Public, random. */
  readonly id: string;
  /** Directory id of the user. */
  readonly user: string;
  readonly kind: 'totp';
  readonly name: string;
  /** Encrypted: `secret-encryption.ts`. */
  readonly secret: string;
  /** Of the key that encrypts the secret. */
  readonly keyId: string;
  /** False until the user has sent a code of it. Then it does not count. */
  readonly confirmed: boolean;
  /** The last time step (RFC 6238 §4.2) of which a code was accepted: no code is accepted twice. */
  readonly lastStep?: number | undefined;
  readonly created: number;
  readonly lastUsed?: number | undefined;
  /** Until then, an enrolment can be confirmed. */
  readonly expireAt?: number | undefined;
}

export const newFactorId = () => randomBytes(16).toString('base64url');

export const factorRef = ({ db }: OpenedFirestore, id: string): DocumentReference =>
  db.doc(`${FACTORS}/${id}`);

export function toDocument({ id: _, created, lastUsed, expireAt, ...rest }: TotpFactor) {
  return omitUndefined({
    ...rest,
    created: toDate(created),
    lastUsed: toDate(lastUsed),
    expireAt: toDate(expireAt),
  });
}

/** The factor of a document; undefined when there is none. */
export function fromDocument(snapshot: DocumentSnapshot): TotpFactor | undefined {
  const fields = snapshot.data();
  if (fields === undefined) return undefined;
  const { created, lastUsed, expireAt, ...rest } = fields;
  return {
    // As written by `toDocument`.
    ...(rest as Omit<TotpFactor, 'id' | 'created' | 'lastUsed' | 'expireAt'>),
    id: snapshot.id,
    created: secondOf(created),
    ...(lastUsed !== undefined && { lastUsed: secondOf(lastUsed) }),
    ...(expireAt !== undefined && { expireAt: secondOf(expireAt) }),
  };
}

const secondOf = (time: Timestamp) => time.seconds;
