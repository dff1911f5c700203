import type { DocumentReference, Firestore } from '@google-cloud/firestore';
import type { Role } from '../../src/authz/roles.ts';
import type { Grant } from '../../src/directory/entry.ts';
import { type DirectoryEntry, isPermanentOwner } from '../../src/directory/entry.ts';
import { toDocument } from '../../src/directory/entry-document.ts';

const BEFORE = 1_700_000_000;

/** An entry in sync with Firebase Auth. @param ends expiry of the grants, seconds since the epoch */
export function entryOf(uid: string, roles: readonly Role[], ends?: number): DirectoryEntry {
  const grants: Grant[] = roles.map((role) => ({
    role,
    grantedBy: 'operator',
    grantedAt: BEFORE,
    ...(ends !== undefined && { expiresAt: ends }),
  }));
  return {
    uid,
    email: `${uid}@example.com`,
    emailVerified: true,
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

/** Writes the entries, and the list of owners that goes with them; first removes what an earlier run left. */
export async function seed(
  db: Firestore,
  entries: readonly DirectoryEntry[],
  left: readonly DocumentReference[] = [],
): Promise<void> {
  const batch = db.batch();
  for (const ref of left) batch.delete(ref);
  for (const entry of entries) batch.set(db.doc(`directory/${entry.uid}`), toDocument(entry));
  const uids = entries.filter(isPermanentOwner).map(({ uid }) => uid);
  batch.set(db.doc('system/owners'), { uids });
  await batch.commit();
}
