import { randomUUID } from 'node:crypto';
import type { Directory } from '../directory.ts';

/**
 * Removes the entry of a user whom Firebase Auth does not know any more, and tells every instance, entry or not: tokens
 * of a user who never had one live as long as any. Somebody of another issuer needs no account, and stays; the next
 * version makes the tokens of the account that is gone stale, and leaves their sessions at the issuer alone.
 */
export async function handleAccountDeleted(
  directory: Directory,
  { uid, requestId }: { uid: string; requestId: string },
): Promise<void> {
  const event = {
    actor: 'system',
    action: 'user.account-deleted',
    target: uid,
    outcome: 'done',
    requestId,
  } as const;
  await directory.change({ uid, id: randomUUID() }, ({ entry, now }) => {
    if (entry?.identity !== undefined && !entry.pending.includes('deletion')) {
      const rolesVersion = entry.rolesVersion + 1;
      return {
        entry: { ...entry, rolesVersion, updated: Math.floor(now / 1000) },
        accessChange: { rolesVersion },
        audit: { ...event, action: 'user.firebase-account-deleted' },
      };
    }
    const wasKnown = entry !== undefined && !entry.pending.includes('deletion');
    return {
      entry: null,
      accessChange: { gone: true, validAfter: Math.floor(now / 1000) + 1 },
      ...(wasKnown && { audit: event }),
      allowRemovingLastOwner: true,
    };
  });
}
