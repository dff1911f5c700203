import { hash } from 'node:crypto';
import type { DocumentReference, DocumentSnapshot, Timestamp, Transaction } from '@google-cloud/firestore';
import { type Clock, seconds } from '../core/clock.ts';
import { rateLimited } from '../core/errors.ts';
import { createKeyedQueue } from '../core/keyed-queue.ts';
import { DAY, toDate } from '../core/time.ts';
import { networkOf } from '../pipeline/client-address.ts';
import { type OpenedFirestore, type OpenFirestore, useFirestore } from '../platform/firestore/firestore.ts';
import type { TransactionPart } from '../platform/firestore/transaction.ts';

const FACTOR_ATTEMPTS = 'factorAttempts';

/** Attempts without a delay. */
const FREE_ATTEMPTS = 5;
/** Seconds to wait after the fifth attempt; twice as long after each further one. */
const FIRST_DELAY = 30;
/** Longest delay in seconds: never a permanent lock. Many people can be behind one address. */
const LONGEST_DELAY = { user: 900, address: 60 } as const;

/**
 * Seconds for which attempts are remembered: those of a user since the last one. Those of an address since the first one, as
 * there is always an attempt at the address of an office or a mobile network.
 */
const REMEMBERED = { user: DAY, address: 3600 } as const;

type Subject = keyof typeof LONGEST_DELAY;

/** The user and the address that an attempt is counted for. */
export interface Guesser {
  /** Directory id. */
  readonly user: string;
  /** IP address of the client. undefined: unknown. */
  readonly address: string | undefined;
}

interface Attempts {
  readonly count: number;
  /** Second since the epoch from which the next attempt is allowed. */
  readonly until: number;
  /** Second since the epoch at which they are forgotten. */
  readonly end: number;
}

/** Counts attempts to prove a factor with a code that can be guessed, for all instances together. */
export function createAttempts(open: OpenFirestore, clock: Clock) {
  // Guesses at the same time would make each other's transactions fail.
  const queue = createKeyedQueue();

  const refsOf = (firestore: OpenedFirestore, { user, address }: Guesser) =>
    [
      ['user', refOf(firestore, 'user', user)],
      ...(address === undefined
        ? []
        : [['address', refOf(firestore, 'address', networkOf(address, { ipv4: 32, ipv6: 64 }))] as const]),
    ] as const;

  return {
    /**
     * Counts an attempt before the code is compared, in a transaction of its own: guesses in parallel count, too.
     *
     * @throws AppError `rate_limited` before the delay has passed, `unavailable`
     */
    count: (guesser: Guesser): Promise<void> =>
      queue(guesser.user, () =>
        useFirestore('factorAttempts.count', open, (firestore) =>
          firestore.db.runTransaction(async (tx) => {
            const now = seconds(clock);
            const refs = refsOf(firestore, guesser);
            const counted = await Promise.all(
              refs.map(async ([subject, ref]) => ({
                ref,
                after: countAttempt(subject, attemptsOf(subject, await tx.get(ref), now), now),
              })),
            );
            for (const { ref, after } of counted) tx.set(ref, toDocument(after));
          }),
        ),
      ),

    /** After a right code: deletes the attempts of the user, and takes one from those of the address. */
    clear:
      (guesser: Guesser): TransactionPart =>
      async (firestore, tx: Transaction) => {
        const now = seconds(clock);
        const refs = refsOf(firestore, guesser);
        const known = await Promise.all(
          refs.map(async ([subject, ref]) => ({
            ...{ subject, ref },
            before: attemptsOf(subject, await tx.get(ref), now),
          })),
        );
        return () => {
          for (const { subject, ref, before } of known) {
            const count = Math.max(0, before.count - 1);
            if (subject === 'user' || count === 0) tx.delete(ref);
            else
              tx.set(ref, toDocument({ ...before, count, until: count < FREE_ATTEMPTS ? 0 : before.until }));
          }
        };
      },
  };
}

/** @throws AppError `rate_limited` */
function countAttempt(subject: Subject, { count, until, end: first }: Attempts, now: number): Attempts {
  if (now < until)
    throw rateLimited(until - now, { name: `factor-${subject}`, uses: FREE_ATTEMPTS, window: until - now });
  const after = count + 1;
  const end = subject === 'address' ? first : now + REMEMBERED[subject];
  if (after < FREE_ATTEMPTS) return { count: after, until: 0, end };
  const delay = Math.min(FIRST_DELAY * 2 ** (after - FREE_ATTEMPTS), LONGEST_DELAY[subject]);
  return { count: after, until: now + delay, end };
}

function refOf({ db }: OpenedFirestore, subject: Subject, key: string): DocumentReference {
  return db.collection(FACTOR_ATTEMPTS).doc(`${subject}-${hash('sha256', key, 'base64url')}`);
}

export function toDocument({ count, until, end }: Attempts): Record<string, unknown> {
  return { count, until: toDate(until), expireAt: toDate(end) };
}

function attemptsOf(subject: Subject, snapshot: DocumentSnapshot, now: number): Attempts {
  // Only `toDocument` writes the fields.
  const fields = snapshot.data() as { count: number; until: Timestamp; expireAt: Timestamp } | undefined;
  if (fields === undefined || fields.expireAt.seconds <= now)
    return { count: 0, until: 0, end: now + REMEMBERED[subject] };
  return { count: fields.count, until: fields.until.seconds, end: fields.expireAt.seconds };
}
