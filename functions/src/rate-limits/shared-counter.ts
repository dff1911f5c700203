import { hash } from 'node:crypto';
import type { DocumentData, Timestamp } from '@google-cloud/firestore';
import { type Clock, seconds } from '../core/clock.ts';
import { countUse, type UseCount } from '../core/use-count.ts';
import type { RateLimits } from '../pipeline/rate-limit.ts';
import { type OpenFirestore, useFirestore } from '../platform/firestore/firestore.ts';

const RATE_LIMITS = 'rateLimits';

/** Counts in Firestore, in one transaction, so that parallel uses on several instances count, too. */
export function createSharedCounter(open: OpenFirestore, clock: Clock): RateLimits['countForAllInstances'] {
  return async (policy, key) => {
    const id = `${policy.name}-${hash('sha256', key, 'base64url')}`;
    await useFirestore('rateLimits.count', open, ({ db }) =>
      db.runTransaction(async (tx) => {
        const ref = db.collection(RATE_LIMITS).doc(id);
        const { since, count } = countUse(fromDocument((await tx.get(ref)).data()), seconds(clock), policy);
        const expireAt = new Date((since + policy.window) * 1000);
        tx.set(ref, { since: new Date(since * 1000), count, expireAt });
      }),
    );
  };
}

function fromDocument(document: DocumentData | undefined): UseCount | undefined {
  if (document === undefined) return undefined;
  // Only the transaction above writes it.
  const { since, count } = document as { since: Timestamp; count: number };
  return { since: since.seconds, count };
}
