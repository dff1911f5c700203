import type { Principal } from '../authz/principal.ts';
import type { RateLimitClass, RateLimitSetting } from '../core/gatehouse-config.ts';
import type { UseLimit } from '../core/use-count.ts';

/** The limit of an operation: that of a class, or its own. `null`: none. */
export type OperationLimit = RateLimitClass | OwnLimit | null;

/** The limit of an endpoint of an adopter. `null`: none. */
export type EndpointLimit = Exclude<RateLimitClass, 'credential'> | null;

interface OwnLimit extends RateLimitSetting {
  /** Are the requests of a user counted for all instances together? That costs a transaction each. */
  readonly allInstances?: true;
}

/** Are the requests of a user to such an operation counted for all instances together? */
export function countsForAllInstances(limit: OperationLimit | undefined): boolean {
  return limit === 'credential' || (typeof limit === 'object' && limit?.allInstances === true);
}

/** A request to count. */
export interface CountedRequest {
  /** Of the operation: one with a limit of its own, or of the class `credential`, is counted apart from the others. */
  readonly name: string;
  readonly rateLimit: OperationLimit;
  readonly principal: Principal;
  /** Called for requests without an accepted credential. @returns the address of the client, as far as it is known */
  address(): string | undefined;
}

/** Counts requests. Implemented by the module `rateLimits`. */
export interface RateLimits {
  /**
   * Counts a request of a user, of a service, or of an address.
   *
   * @returns undefined when it was counted in memory
   * @throws AppError `rate_limited` over the limit; `unavailable` where all instances count together
   */
  count(request: CountedRequest): Promise<void> | undefined;
  /**
   * Counts a use of a key for all instances together.
   *
   * @param key never stored as it is
   * @throws AppError `rate_limited` over the limit, `unavailable`
   */
  countForAllInstances(policy: UseLimit & { readonly name: string }, key: string): Promise<void>;
}
