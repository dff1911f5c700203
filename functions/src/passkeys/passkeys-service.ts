import type { DirectoryService } from '../directory/index.ts';
import type { Platform } from '../platform/platform.ts';
import { createPasskeyStore } from './passkey-store.ts';

export type PasskeysService = ReturnType<typeof createPasskeysService>;

export function createPasskeysService(
  { firestore: open }: Pick<Platform, 'firestore'>,
  { directory }: { directory: DirectoryService },
) {
  const store = createPasskeyStore(open);
  directory.whenDeleted((uid) => (firestore, tx) => store.removeAllIn(firestore, tx, uid));
  return { store };
}
