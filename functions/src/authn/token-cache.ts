import { hash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { Role } from '../authz/roles.ts';
import type { Authenticated } from './credential.ts';
import type { IssuerProfile } from './oidc/issuer-profile.ts';

/** A verified token, kept until it expires or newer tokens push it out. */
export interface VerifiedToken extends Authenticated {
  /** Second since the epoch when the token or one of its roles expires. */
  readonly validUntil: number;
  /** Also the profile that the token matches. */
  readonly issued?: { readonly profile: IssuerProfile; readonly roles: readonly Role[] };
}

/** About 2 KiB each: at most 10 MB, however many distinct tokens are sent. */
const MAX_ENTRIES = 5_000;

interface VerifiedCache<Verified> {
  /**
   * A credential from memory, or a promise while it is verified: once for all requests that present it at the same time.
   *
   * @param now seconds since the epoch
   */
  get(key: string, now: number, verify: () => Promise<Verified>): Verified | Promise<Verified>;
  set(key: string, verified: Verified): void;
  delete(key: string): void;
}

/** Credentials that were verified before. Expiry is checked here on every hit; revocation by the caller. */
export function createVerifiedCache<Verified extends { readonly validUntil: number }>(
  max: number,
): VerifiedCache<Verified> {
  const entries = new LRUCache<string, Verified>({ max });
  const pending = new Map<string, Promise<Verified>>();

  async function keep(key: string, verifying: Promise<Verified>): Promise<Verified> {
    try {
      const verified = await verifying;
      entries.set(key, verified);
      return verified;
    } finally {
      pending.delete(key);
    }
  }

  return {
    get(key, now, verify) {
      const kept = entries.get(key);
      if (kept !== undefined && now < kept.validUntil) return kept;
      const running = pending.get(key);
      if (running !== undefined) return running;
      entries.delete(key);
      const verifying = keep(key, verify());
      pending.set(key, verifying);
      return verifying;
    },
    set: (key, one) => void entries.set(key, one),
    delete: (key) => void entries.delete(key),
  };
}

/**
 * {@link createVerifiedCache} for tokens. The key is the SHA-256 of the token: memory holds nothing that can be replayed, and
 * no two tokens share an entry. `validUntil` is the end of the token, or of one of its roles.
 */
export function createVerifiedTokenCache(max = MAX_ENTRIES): Omit<VerifiedCache<VerifiedToken>, 'set'> {
  const cache = createVerifiedCache<VerifiedToken>(max);
  const keyOf = (token: string) => hash('sha256', token, 'base64');
  return {
    get: (token, now, verify) => cache.get(keyOf(token), now, verify),
    delete: (token) => cache.delete(keyOf(token)),
  };
}
