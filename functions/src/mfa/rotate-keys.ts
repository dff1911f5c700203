import type { QueryDocumentSnapshot } from '@google-cloud/firestore';
import type { MfaKeys } from '../core/mfa-keys.ts';
import { type OpenFirestore, useFirestore } from '../platform/firestore/firestore.ts';
import { decryptSecret, encryptSecret } from './secret-encryption.ts';
import { FACTORS, factorRef, fromDocument } from './totp-document.ts';

/** What a page of factors had. In a dry run, what would be done. */
interface RotatedPage {
  readonly read: number;
  /** Secrets that are encrypted with the first key now. */
  readonly rotated: number;
  /** Ids of factors that none of the keys decrypts. */
  readonly failed: readonly string[];
}

interface Deps {
  readonly open: OpenFirestore;
  readonly keys: MfaKeys;
}

const BATCH = 100;

/**
 * Encrypts the secrets of all factors with the first key. Can be stopped and run again: a secret that has the first key is
 * left as it is. Goes through the factors until a round finds none of another key: users enrol meanwhile.
 *
 * @yields after each page
 */
export async function* rotateKeys(
  deps: Deps,
  { dryRun = false, batch = BATCH } = {},
): AsyncGenerator<RotatedPage> {
  for (;;) {
    let rotated = 0;
    for await (const page of rotateAll(deps, dryRun, batch)) {
      rotated += page.rotated;
      yield page;
    }
    if (dryRun || rotated === 0) return;
  }
}

async function* rotateAll(deps: Deps, dryRun: boolean, batch: number): AsyncGenerator<RotatedPage> {
  let last: QueryDocumentSnapshot | undefined;
  do {
    const { docs } = await useFirestore('factors.rotate', deps.open, ({ db, FieldPath }) => {
      const query = db.collection(FACTORS).orderBy(FieldPath.documentId()).limit(batch);
      return (last === undefined ? query : query.startAfter(last)).get();
    });
    const old = docs.filter((document) => document.get('keyId') !== deps.keys[0]?.id);
    const results = await Promise.all(old.map(({ id }) => rotate(deps, id, dryRun)));
    yield {
      read: docs.length,
      rotated: results.filter((result) => result === 'rotated').length,
      failed: old.flatMap(({ id }, index) => (results[index] === 'failed' ? id : [])),
    };
    last = docs.length < batch ? undefined : docs.at(-1);
  } while (last !== undefined);
}

/** In a transaction: the user may use, confirm or delete the factor meanwhile. */
function rotate({ open, keys }: Deps, id: string, dryRun: boolean): Promise<'rotated' | 'left' | 'failed'> {
  return useFirestore('factors.rotate', open, (firestore) =>
    firestore.db.runTransaction(async (tx) => {
      const ref = factorRef(firestore, id);
      const factor = fromDocument(await tx.get(ref));
      const [first] = keys;
      if (factor === undefined || first === undefined || factor.keyId === first.id) return 'left';
      const owner = { user: factor.user, factor: id };
      const secret = await decryptSecret(keys, factor.secret, owner).catch(() => undefined);
      if (secret === undefined) return 'failed';
      const encrypted = await encryptSecret(keys, secret, owner);
      if (!dryRun) tx.update(ref, { secret: encrypted, keyId: first.id });
      return 'rotated';
    }),
  );
}
