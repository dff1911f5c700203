import { hash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { DocumentData, Timestamp } from '@google-cloud/firestore';
import type { AuditLog } from '../audit/index.ts';
import { AppError } from '../core/errors.ts';
import type { RefusalReason } from '../core/refusal-reasons.ts';
import { type DirectoryService, OWNER_CLAIM } from '../directory/index.ts';
import { useFirestore } from '../platform/firestore/firestore.ts';
import type { Platform } from '../platform/platform.ts';

/** Seconds for which a code is valid, by Firestore's clock. */
export const CODE_LIFETIME = 3600;

/** 192 bits: it cannot be guessed, so a plain hash is enough to store it. */
const CODE_BYTES = 24;

const digest = (code: string) => hash('sha256', code, 'buffer');

export const ownerExists = () =>
  new AppError('owner_exists', 'There is an owner already. Ask an owner for the role.');

/**
 * Creates a code that makes a signed-in user the first owner, once. Only its hash is stored. Replaces the code before.
 *
 * @throws AppError `owner_exists`, `unavailable`
 */
export async function createClaimCode({
  firestore: open,
  audit,
  directory,
}: Pick<Platform, 'firestore'> & { audit: AuditLog; directory: DirectoryService }): Promise<string> {
  if (await directory.hasOwner()) throw ownerExists();
  const code = randomBytes(CODE_BYTES).toString('base64url');
  await useFirestore('ownerClaim.create', open, async (firestore) => {
    const { db, FieldValue } = firestore;
    const batch = db.batch();
    const document = { hash: digest(code).toString('base64url'), createdAt: FieldValue.serverTimestamp() };
    batch.set(db.doc(OWNER_CLAIM), document);
    const actor = { actor: 'operator', requestId: 'claim-owner' } as const;
    audit.append(firestore, batch, { ...actor, action: 'owner.offer', target: 'owner', outcome: 'done' });
    await batch.commit();
  });
  return code;
}

/**
 * Why a code is refused; undefined when it is the right one. The caller learns only that it was refused.
 *
 * @param now seconds since the epoch
 */
export function refusalOf(
  document: DocumentData | undefined,
  code: string,
  now: number,
): RefusalReason | undefined {
  const stored = Buffer.from(String(document?.hash), 'base64url');
  const given = digest(code);
  if (document === undefined || stored.length !== given.length) return 'no-claim-code';
  if (!timingSafeEqual(stored, given)) return 'wrong-claim-code';
  // `createClaimCode` wrote it.
  const { seconds } = document.createdAt as Timestamp;
  return now < seconds + CODE_LIFETIME ? undefined : 'claim-code-expired';
}
