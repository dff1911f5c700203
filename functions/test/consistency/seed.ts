import type { DocumentReference, Firestore } from '@google-cloud/firestore';
import type { Role } from '../../src/authz/roles.ts';
import type { Grant } from '../../src/directory/entry.ts';
import { type DirectoryEntry, isPermanentOwner } from '../../src/directory/entry.ts';
import { toDocument } from '../../src/directory/entry-document.ts';

const BEFORE = 1_700_000_000;

/** A directory entry that is in sync with Firebase Auth. @param expiresAt of the grants, seconds since the epoch */
export function entryOf(uid: string, roles: readonly Role[], expiresAt?: number): DirectoryEntry {
  const grants: Grant[] = roles.map((role) => ({
    role,
    grantedBy: 'operator',
    grantedAt: BEFORE,
    ...(expiresAt !== undefined && { expiresAt }),
  }));
  return {
    uid,
    email: `${uid}@example.com`,
    emailVerified: true,
    emails: [`${uid}@example.com`],
    providers: ['password'],
    grants,
    rolesVersion: 1,
    claimsVersion: 1,
    disabled: false,
    validAfter: 0,
    pending: [],
    created: BEFORE,
    updated: BEFORE,
  };
}

/** Writes the entries and their list of owners. @param previous documents of an earlier run, to delete first */
export async function seed(
  db: Firestore,
  entries: readonly DirectoryEntry[],
  previous: readonly DocumentReference[] = [],
): Promise<void> {
  const batch = db.batch();
  for (const ref of previous) batch.delete(ref);
  for (const entry of entries) batch.set(db.doc(`directory/${entry.uid}`), toDocument(entry));
  const uids = entries.filter(isPermanentOwner).map(({ uid }) => uid);
  batch.set(db.doc('system/owners'), { uids });
  await batch.commit();
}
