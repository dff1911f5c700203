import type { Transaction } from '@google-cloud/firestore';
import { toDate } from '../core/time.ts';
import type { DirectoryEntry, DirectoryService } from '../directory/index.ts';
import { type OpenedFirestore, useFirestore } from '../platform/firestore/firestore.ts';
import type { Platform } from '../platform/platform.ts';
import type { Ceremony, Challenges } from './challenges.ts';
import { invalidPasskey } from './invalid-passkey.ts';
import { fromDocument, type Passkey, passkeyIdOf, passkeyRef } from './passkey-document.ts';
import type { AuthenticationResponse } from './response-schema.ts';
import { userHandleOf } from './user-handle.ts';
import { verifyAssertion } from './verify.ts';

/** A response with a verified signature. */
interface Assertion {
  readonly passkey: Passkey;
  /**
   * Checks in a transaction what may change in between: the challenge, the counter, the user.
   *
   * @returns `use` writes that the challenge and the counter are used; `now`: seconds since the epoch, by Firestore's clock
   * @throws AppError `invalid_factor`
   */
  checkIn(
    firestore: OpenedFirestore,
    tx: Transaction,
  ): Promise<{ readonly entry: DirectoryEntry; readonly now: number; use(): void }>;
}

/** A public key without a private one: an unknown passkey costs the same work as a known one. */
const DECOY = {
  credentialId: 'AAAA',
  publicKey:
    'pQECAyYgASFYIOTmfK9CJIN3L2arv4aRAXuyOb6B4lmA09kDrv9PNgg6Ilgg0ow2JeJrL7GlPvKtJ1fjjVxl4Fmf9H_Fe18IVGfQiYI',
};

/** Verifies responses to `navigator.credentials.get()`. @throws AppError `invalid_factor`, `unavailable` */
export type VerifyAssertion = (response: AuthenticationResponse, ceremony: Ceremony) => Promise<Assertion>;

export function createVerifyAssertion(
  { config, firestore: open }: Pick<Platform, 'config' | 'firestore'>,
  { directory, challenges }: { directory: DirectoryService; challenges: Challenges },
): VerifyAssertion {
  const find = (id: string) =>
    useFirestore('passkeys.find', open, async (firestore) =>
      fromDocument(await passkeyRef(firestore, id).get()),
    );

  return async (response, ceremony) => {
    const found = await find(passkeyIdOf(response.id));
    const passkey = ceremony.user === undefined || found?.user === ceremony.user ? found : undefined;
    const verifying = verifyAssertion(config, response, passkey ?? DECOY);
    if (passkey === undefined) {
      const cause = await verifying.catch((error) => error);
      throw invalidPasskey('unknown-passkey', { cause });
    }
    const verified = await verifying;
    const { userHandle } = response.response;
    if (userHandle === undefined ? ceremony.ceremony === 'sign-in' : !isHandleOf(passkey.user, userHandle))
      throw invalidPasskey('webauthn-check-failed', { logDetail: 'the user handle is of another user' });

    return {
      passkey,
      async checkIn(firestore, tx) {
        const ref = passkeyRef(firestore, passkey.id);
        const [challenge, document, { entry }] = await Promise.all([
          challenges.readIn(firestore, tx, verified.challenge, ceremony),
          tx.get(ref),
          directory.readIn(firestore, tx, passkey.user),
        ]);
        const stored = fromDocument(document);
        // A user who was deleted may come back with the same id, and a passkey with the same credential id.
        if (stored?.publicKey !== passkey.publicKey || entry === undefined || stored.created < entry.created)
          throw invalidPasskey('unknown-passkey');
        const { counter, backedUp, backupEligible } = verified;
        // Synced passkeys stay at 0 (https://www.w3.org/TR/webauthn-3/#sctn-sign-counter).
        if ((counter > 0 || stored.counter > 0) && counter <= stored.counter)
          throw invalidPasskey('cloned-authenticator', { logDetail: `${counter} after ${stored.counter}` });
        if (backupEligible !== stored.backupEligible)
          throw invalidPasskey('webauthn-check-failed', { logDetail: 'the backup eligibility has changed' });
        return {
          entry,
          now: challenge.now,
          use() {
            challenge.use();
            tx.update(ref, { counter, backedUp, lastUsed: toDate(challenge.now) });
          },
        };
      },
    };
  };
}

function isHandleOf(user: string, handle: string): boolean {
  return Buffer.from(userHandleOf(user)).equals(Buffer.from(handle, 'base64url'));
}
