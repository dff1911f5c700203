import type { Principal } from './principal.ts';

/** A principal that asks for a change, and the request in which it does. */
export interface PrincipalActor {
  readonly kind: 'principal';
  readonly principal: Principal;
  readonly requestId: string;
}

/** Who makes a change: a principal, Gatehouse itself (`system`), or a person with the project's own credentials (`operator`). */
export type Actor = PrincipalActor | { readonly kind: 'system' | 'operator'; readonly requestId: string };
