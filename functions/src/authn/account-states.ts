import { LRUCache } from 'lru-cache';
import type { Role } from '../authz/roles.ts';
import type { Clock } from '../lib/clock.ts';

/** What the server knows about an account right now, as far as it decides on a token. */
export interface AccountState {
  readonly disabled: boolean;
  /** Tokens of sign-ins before this second are revoked. */
  readonly validAfter: number;
  readonly roles: readonly Role[];
  readonly rolesVersion: number;
}

export interface AccountStates {
  /**
   * @param fresh ask now, whatever is remembered
   * @returns undefined for an account that does not exist
   * @throws AppError `unavailable` when Firebase Auth does not answer: never a pass
   */
  get(uid: string, fresh: boolean): Promise<AccountState | undefined>;
  /** This instance just changed the account. */
  forget(uid: string): void;
}

interface Options {
  readonly load: (uid: string) => Promise<AccountState | undefined>;
  readonly clock: Clock;
  /** How old an answer may be, in seconds: the longest a revocation takes to be noticed here. */
  readonly maxAge: number;
}

interface Entry {
  readonly state: Promise<AccountState | undefined>;
  readonly askedAt: number;
}

/**
 * The revocation check: one look-up per account and `maxAge`, however many requests it makes. The age counts from the
 * question, not the answer, so that a slow answer is not believed for longer.
 */
export function createAccountStates({ load, clock, maxAge }: Options): AccountStates {
  const entries = new LRUCache<string, Entry>({ max: 10_000 });

  function ask(uid: string): Promise<AccountState | undefined> {
    const entry: Entry = { state: load(uid), askedAt: clock() };
    entries.set(uid, entry);
    entry.state.catch(() => {
      if (entries.peek(uid) === entry) entries.delete(uid);
    });
    return entry.state;
  }

  return {
    get(uid, fresh) {
      const entry = fresh ? undefined : entries.get(uid);
      return entry !== undefined && clock() - entry.askedAt < maxAge * 1000 ? entry.state : ask(uid);
    },
    forget(uid) {
      entries.delete(uid);
    },
  };
}
