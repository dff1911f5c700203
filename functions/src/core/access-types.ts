/** Types of the decisions, for any permissions and roles: those of this project, or of an adopter's configuration. */

/** `aal1`: one factor. `aal2`: a second factor was proved in this session (NIST SP 800-63B). */
export type AssuranceLevel = 'aal1' | 'aal2';

/** A second factor that Gatehouse keeps for a user. */
export type FactorKind = 'totp' | 'passkey';

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
export interface PrincipalOf<Permission extends string, Role extends string> {
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

/** How the caller must have proved who they are (RFC 9470). */
export interface AssuranceRule {
  readonly assurance?: AssuranceLevel;
  /** Longest time since the sign-in, in seconds. */
  readonly maxAge?: number;
}

type SignedInRule = AssuranceRule & { readonly signedIn: true; readonly permission?: never };

interface NotSignedIn {
  readonly signedIn?: never;
}

/** A rule that depends on the caller alone. */
export type CallerRuleOf<Permission extends string> =
  | 'public'
  | 'signed-in'
  | SignedInRule
  | (AssuranceRule &
      NotSignedIn & { readonly permission: Permission; readonly own?: never; readonly unless?: never });

/** A rule that also depends on the owner of the resource. */
export type OwnRuleOf<Permission extends string> = AssuranceRule &
  NotSignedIn & { readonly permission: Permission; readonly own: true; readonly unless?: Permission };

/**
 * Who may call. There is no default.
 * - `public`: everyone. The principal is not looked at, and no credential is read
 * - `signed-in`, or `{ signedIn: true }` with an assurance: any authenticated principal
 * - a permission; with `own`, only for resources that belong to the caller, `unless` the caller also holds another permission
 */
export type AccessRuleOf<Permission extends string> = CallerRuleOf<Permission> | OwnRuleOf<Permission>;

/**
 * What the decision is about.
 *
 * @property owner directory id of the user that the resource belongs to
 * @property organization id of the organization that it belongs to
 */
export interface Resource {
  readonly owner: string;
  readonly organization?: string;
}

declare global {
  namespace Express {
    interface Request {
      /** Set by `requireAccess` and `guard` of Gatehouse. */
      principal?: PrincipalOf<string, string>;
    }
  }
}
