import type { Permission } from './permissions.ts';
import { permissionsOf, type Role } from './roles.ts';

/** `aal1`: one factor. `aal2`: a second factor was proved in this session (NIST SP 800-63B). */
export type AssuranceLevel = 'aal1' | 'aal2';

/** How, and when, the caller proved who they are. */
export interface Assurance {
  readonly level: AssuranceLevel;
  /** When they signed in, in seconds since the epoch. undefined: the credential does not say. */
  readonly at: number | undefined;
  /** As the issuer names them, e.g. `password`, `totp` (Firebase), `pwd`, `otp` (RFC 8176). */
  readonly methods: readonly string[];
}

/** What the caller presented. */
type CredentialKind = 'none' | 'bearer' | 'session-cookie' | 'api-key' | 'oauth-token';

/** Who is calling. Identity is issuer + subject, never the e-mail address. Immutable. */
export interface Principal {
  readonly kind: 'user' | 'service' | 'anonymous';
  readonly issuer: string;
  readonly subject: string;
  readonly uid?: string;
  /**
   * Key of the directory entry: the uid of a Firebase user; a hash of issuer and subject for an external identity. Absent:
   * this principal can have no entry.
   */
  readonly directoryId?: string;
  readonly email?: string;
  readonly emailVerified?: boolean;
  readonly roles: readonly Role[];
  /** Present only where the token has scopes; they limit the permissions. */
  readonly scopes?: readonly string[];
  readonly permissions: readonly Permission[];
  /** When the person last signed in, in seconds since the epoch. Revocations are compared with it. */
  readonly authTime: number;
  readonly assurance: Assurance;
  readonly provider?: string;
  /** Seconds since the epoch. */
  readonly tokenExpiresAt: number;
  readonly credential: CredentialKind;
  /** The session that the credential belongs to. */
  readonly session?: { readonly id: string };
  /** The OAuth client that the token was issued to (RFC 9068 §2.2 `client_id`, OpenID Connect Core §2 `azp`). */
  readonly client?: { readonly id: string };
  /** Who acts for the subject (RFC 8693 §4.1 `act`). */
  readonly actor?: { readonly issuer?: string; readonly subject: string };
}

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
