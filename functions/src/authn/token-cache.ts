import { hash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { Authentication } from './authenticator.ts';

/** What a verified token says, kept until it expires or is pushed out. */
export interface VerifiedToken extends Authentication {
  /** Second since the epoch until which `principal` is what the token says: it expires then, or one of its roles does. */
  readonly validUntil: number;
}

/** About 2 KiB an entry, so some 10 MB at the most, whoever sends how many distinct tokens. */
const MAX_ENTRIES = 5_000;

export interface VerifiedTokenCache {
  /**
   * What a token says: at once where it was verified before. Otherwise it is verified, once for all who present it at
   * the same time, and kept.
   *
   * @param now in seconds since the epoch
   */
  get(
    token: string,
    now: number,
    verify: () => Promise<VerifiedToken>,
  ): VerifiedToken | Promise<VerifiedToken>;
  delete(token: string): void;
}

/**
 * Recognises a token that was verified before. The key is the SHA-256 of the token: what sits in memory cannot be
 * replayed, and no two tokens share an entry. Only the signature is remembered; expiry, of the token
 * and of its roles, is checked here on every hit, and revocation by the caller.
 */
export function createVerifiedTokenCache(max: number = MAX_ENTRIES): VerifiedTokenCache {
  const entries = new LRUCache<string, VerifiedToken>({ max });
  const pending = new Map<string, Promise<VerifiedToken>>();
  const keyOf = (token: string) => hash('sha256', token, 'base64');

  async function keep(key: string, verifying: Promise<VerifiedToken>): Promise<VerifiedToken> {
    try {
      const verified = await verifying;
      entries.set(key, verified);
      return verified;
    } finally {
      pending.delete(key);
    }
  }

  return {
    get(token, now, verify) {
      const key = keyOf(token);
      const kept = entries.get(key);
      if (kept !== undefined && now < kept.validUntil) return kept;
      const begun = pending.get(key);
      if (begun !== undefined) return begun;
      entries.delete(key);
      const verifying = keep(key, verify());
      pending.set(key, verifying);
      return verifying;
    },
    delete(token) {
      entries.delete(keyOf(token));
    },
  };
}
