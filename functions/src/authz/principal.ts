import type { PrincipalOf } from '../core/access-types.ts';
import type { Permission } from './permissions.ts';
import { permissionsOf, type Role } from './roles.ts';

/** Who is calling. */
export type Principal = PrincipalOf<Permission, Role>;

/**
 * Builds a principal. Its scopes, if it has any, limit its permissions.
 *
 * @param held its permissions before the scopes limit them; default: those of its roles
 */
export function createPrincipal(
  facts: Omit<Principal, 'permissions'>,
  held: readonly Permission[] = permissionsOf(facts.roles),
): Principal {
  const { roles, scopes, assurance } = facts;
  const permissions =
    scopes === undefined ? [...held] : held.filter((permission) => scopes.includes(permission));
  return Object.freeze({
    ...facts,
    roles: Object.freeze([...roles]),
    ...(scopes !== undefined && { scopes: Object.freeze([...scopes]) }),
    permissions: Object.freeze(permissions),
    assurance: Object.freeze({ ...assurance, methods: Object.freeze([...assurance.methods]) }),
    ...(facts.session && { session: Object.freeze({ ...facts.session }) }),
    ...(facts.client && { client: Object.freeze({ ...facts.client }) }),
    ...(facts.actor && { actor: Object.freeze({ ...facts.actor }) }),
  });
}

/** The principal of a request without a credential. */
export const ANONYMOUS: Principal = createPrincipal({
  kind: 'anonymous',
  issuer: '',
  subject: '',
  roles: [],
  authTime: 0,
  assurance: { level: 'aal1', at: undefined, methods: [] },
  tokenExpiresAt: 0,
  credential: 'none',
});

/** A principal that requests a change, and the id of the request. */
export interface PrincipalActor {
  readonly kind: 'principal';
  readonly principal: Principal;
  readonly requestId: string;
}

/** Who makes a change: a principal, Gatehouse itself (`system`), or a person with the project's own credentials (`operator`). */
export type Actor = PrincipalActor | { readonly kind: 'system' | 'operator'; readonly requestId: string };
