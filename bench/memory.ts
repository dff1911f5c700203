import { ANONYMOUS, createPrincipal } from '../functions/src/authn/principal.ts';
import { createVerifiedTokenCache } from '../functions/src/authn/verified-token-cache.ts';
import type { Result } from './measure.ts';

/** Heap of the cache after 10 thousand and after a million distinct tokens. Run with --expose-gc. */
export function memory(): Result[] {
  const cache = createVerifiedTokenCache();
  const heapAfter = (from: number, to: number): number => {
    for (let index = from; index < to; index++) {
      const subject = `user-${index}`;
      const principal = createPrincipal({
        ...ANONYMOUS,
        kind: 'user',
        subject,
        roles: ['member'],
        tokenExpiresAt: 2 ** 40,
      });
      cache.set(`${'x'.repeat(900)}.${index}`, { principal, rolesVersion: 1, goodUntil: 2 ** 40 });
    }
    globalThis.gc?.();
    return process.memoryUsage().heapUsed / 2 ** 20;
  };
  const few = heapAfter(0, 10_000);
  const many = heapAfter(10_000, 1_000_000);
  const growth = many - few;
  const value = `${growth >= 0 ? '+' : ''}${growth.toFixed(1)} MiB`;
  return [
    { what: 'heap, from 10 thousand tokens to a million', value, budget: '≤ 2 MiB', kept: growth <= 2 },
  ];
}
