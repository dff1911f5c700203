import { hash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { Role } from '../authz/roles.ts';
import type { Authenticated } from './credential.ts';
import type { IssuerProfile } from './oidc/issuer-profile.ts';

/** A verified token, kept until it expires or newer tokens push it out. */
export interface VerifiedToken extends Authenticated {
  /** Second since the epoch when the token or one of its roles expires. */
  readonly validUntil: number;
  /** Of an external token: the profile it matches, and the roles by its issuer's map, without grants of the directory. */
  readonly issued?: { readonly profile: IssuerProfile; readonly roles: readonly Role[] };
}

/** About 2 KiB each: at most 10 MB, however many distinct tokens are sent. */
const MAX_ENTRIES = 5_000;

interface VerifiedTokenCache {
  /**
   * A token from memory, or a promise while it is verified: once for all requests that present it at the same time.
   *
   * @param now seconds since the epoch
   */
  get(
    token: string,
    now: number,
    verify: () => Promise<VerifiedToken>,
  ): VerifiedToken | Promise<VerifiedToken>;
  delete(token: string): void;
}

/**
 * Tokens that were verified before. The key is the SHA-256 of the token: memory holds nothing that can be replayed, and no
 * two tokens share an entry. Expiry, of the token and of its roles, is checked here on every hit; revocation by the caller.
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
      const running = pending.get(key);
      if (running !== undefined) return running;
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
