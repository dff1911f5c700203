import { createHash } from 'node:crypto';
import type { DocumentReference, DocumentSnapshot, Timestamp } from '@google-cloud/firestore';
import { toDate } from '../core/time.ts';
import { type OpenedFirestore, omitUndefined } from '../platform/firestore/firestore.ts';

export const PASSKEYS = 'passkeys';

/** A passkey of a user. Times are seconds since the epoch. */
export interface Passkey {
  /** Public id, and the id of the document: SHA-256 of the credential id, so that no credential is registered twice. */
  readonly id: string;
  /** Directory id of the user. */
  readonly user: string;
  readonly kind: 'passkey';
  /** Of WebAuthn, base64url. */
  readonly credentialId: string;
  /** COSE key, base64url. */
  readonly publicKey: string;
  /** The last signature counter. 0: the authenticator does not count, as with synced passkeys. */
  readonly counter: number;
  /** How browsers can reach the authenticator, e.g. `internal`, `hybrid`. */
  readonly transports: readonly string[];
  /** Can it be synced? Never changes. */
  readonly backupEligible: boolean;
  /** Is it synced? As of its last use. */
  readonly backedUp: boolean;
  /** Model of the authenticator. Not verified: no attestation is asked for. */
  readonly aaguid: string;
  readonly name: string;
  readonly created: number;
  readonly lastUsed?: number | undefined;
}

/** @param credentialId base64url */
export function passkeyIdOf(credentialId: string): string {
  return createHash('sha256').update(credentialId).digest('base64url');
}

export const passkeyRef = ({ db }: OpenedFirestore, id: string): DocumentReference =>
  db.doc(`${PASSKEYS}/${id}`);

export function toDocument({
  id: _id,
  kind: _kind,
  created,
  lastUsed,
  ...rest
}: Passkey): Record<string, unknown> {
  return omitUndefined({ ...rest, created: toDate(created), lastUsed: toDate(lastUsed) });
}

/** The passkey of a document; undefined when there is none. */
export function fromDocument(snapshot: DocumentSnapshot): Passkey | undefined {
  const fields = snapshot.data();
  if (fields === undefined) return undefined;
  const { created, lastUsed, ...rest } = fields;
  return {
    // As written by `toDocument`.
    ...(rest as Omit<Passkey, 'id' | 'kind' | 'created' | 'lastUsed'>),
    id: snapshot.id,
    kind: 'passkey',
    created: secondOf(created),
    ...(lastUsed !== undefined && { lastUsed: secondOf(lastUsed) }),
  };
}

const secondOf = (time: Timestamp) => time.seconds;
