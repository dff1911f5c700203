import type { Permission } from './permissions.ts';
import { permissionsOf, type Role } from './roles.ts';

/** `aal1`: one factor. `aal2`: a second factor was proved in this session (NIST SP 800-63B). */
export type Assurance = 'aal1' | 'aal2';

/** Who is calling. Identity is issuer + subject, never the e-mail address. Immutable. */
export interface Principal {
  readonly kind: 'user' | 'service' | 'anonymous';
  readonly issuer: string;
  readonly subject: string;
  readonly uid?: string;
  /**
   * Key of the entry in the directory: Firebase's uid; for an external identity one made of issuer and subject. Absent:
   * this principal can have no entry.
   */
  readonly directoryId?: string;
  readonly email?: string;
  readonly emailVerified?: boolean;
  readonly roles: readonly Role[];
  /** Present only where the token carries scopes; then they narrow the permissions. */
  readonly scopes?: readonly string[];
  readonly permissions: readonly Permission[];
  /** When the person last signed in, in seconds since the epoch. */
  readonly authTime: number;
  readonly assurance: Assurance;
  readonly provider?: string;
  /** Seconds since the epoch. */
  readonly tokenExpiresAt: number;
  readonly credential: 'none' | 'bearer';
}

/**
 * Builds a principal whose permissions follow from its roles and, where it has any, its scopes.
 *
 * @param held what it holds before its scopes narrow that, where it is not what the roles allow
 */
export function createPrincipal(
  facts: Omit<Principal, 'permissions'>,
  held: readonly Permission[] = permissionsOf(facts.roles),
): Principal {
  const { roles, scopes } = facts;
  const permissions =
    scopes === undefined ? [...held] : held.filter((permission) => scopes.includes(permission));
  return Object.freeze({
    ...facts,
    roles: Object.freeze([...roles]),
    ...(scopes !== undefined && { scopes: Object.freeze([...scopes]) }),
    permissions: Object.freeze(permissions),
  });
}

/** Nobody in particular: a request without a credential. */
export const ANONYMOUS: Principal = createPrincipal({
  kind: 'anonymous',
  issuer: '',
  subject: '',
  roles: [],
  authTime: 0,
  assurance: 'aal1',
  tokenExpiresAt: 0,
  credential: 'none',
});
