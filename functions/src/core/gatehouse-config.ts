/**
 * Types and functions for `functions/gatehouse.config.ts`. This file imports nothing, so that every other file can import
 * the configuration.
 */

export interface PermissionSetting {
  /** What it allows, for people who grant roles. */
  readonly summary: string;
  /** Does it change who may do what? Then it is decided on the server-side record, never on a token alone. */
  readonly privileged: boolean;
}

/** The permissions of a role: a list, all but a list, or all. */
export type RoleSetting<Permission extends string> =
  | readonly Permission[]
  | { readonly allExcept: readonly Permission[] }
  | 'all';

/** Where the configuration is used: staging and production may trust different issuers. */
export interface Deployment {
  readonly projectId: string;
  readonly emulator: boolean;
}

type Table<Name extends string> = Readonly<Record<string, readonly Name[]>>;

/** Roles and permissions by claims of an issuer. Claims that are not listed give none. */
export interface ClaimMapSetting<Name extends string> {
  /** Each user of the issuer has these; its services do not. */
  readonly everyone?: readonly Name[];
  /** By group. */
  readonly groups?: Table<Name>;
  /** By the issuer's own permission, as Auth0 puts them into tokens. */
  readonly permissions?: Table<Name>;
  /** By scope. Scopes limit a user's permissions, and are the permissions of a service. */
  readonly scopes?: Table<Name>;
  /** By any other claim, e.g. `['realm_access', 'roles']`. */
  readonly claims?: readonly ClaimSetting<Name>[];
}

interface ClaimSetting<Name extends string> {
  /** From the payload inwards. */
  readonly path: readonly string[];
  /** How the values are written. Default: `list`, which is a list of strings, or one string. */
  readonly format?: 'list' | 'space-separated' | 'comma-separated' | 'json' | 'keys';
  /** Where the list has objects: the property that is the value. */
  readonly property?: string;
  readonly values: Table<Name>;
}

interface CommonSettings<Name extends string> {
  readonly map?: ClaimMapSetting<Name>;
  /** Longest accepted life of a token, in seconds. Default: a day. */
  readonly maxLifetime?: number;
  /** Longest discovery document or key set, in bytes. Default: 524288. */
  readonly maxKeySetBytes?: number;
  /** Header parameters that are accepted and ignored. Those that offer a key, and `crit`, are never allowed. */
  readonly headerKeys?: readonly string[];
  /**
   * A user has proved a second factor where one of these claims has one of these values, e.g. `{ amr: 'mfa' }`. Default: never.
   */
  readonly aal2?: Readonly<Record<string, string | readonly string[]>>;
  /** Create a directory entry for each user at their first request. Default: false. */
  readonly jitProvisioning?: boolean;
  /** May users exchange their tokens for Firebase tokens? Default: false. */
  readonly tokenExchange?: boolean;
}

/** A trusted token issuer. `type` selects a file in `authn/oidc/providers`, which checks the other fields at build and start. */
export interface IssuerSetting<Name extends string> extends CommonSettings<Name> {
  readonly type: string;
  readonly [field: string]: unknown;
}

export interface CognitoSettings<Name extends string> extends CommonSettings<Name> {
  readonly region: string;
  readonly userPoolId: string;
  readonly clientIds: readonly string[];
  readonly tokenUse: 'access' | 'id';
  /** The API that access tokens are bound to (RFC 8707). */
  readonly audience?: string | readonly string[];
  /** Base URL of a local Cognito. Emulator only. */
  readonly localUrl?: string;
}

export interface Auth0Settings<Name extends string> extends CommonSettings<Name> {
  readonly domain: string;
  readonly audience: string;
  readonly clientIds?: readonly string[];
  /** Organizations that are accepted: `org_id`. Default: any, or none. */
  readonly organizationIds?: readonly string[];
  /** Base URL of a local Auth0. Emulator only. */
  readonly localUrl?: string;
}

export interface OidcSettings<Name extends string> extends CommonSettings<Name> {
  /** The `iss` claim, character by character. For several tenants of Entra ID with `{tenantid}` in place of the tenant. */
  readonly issuer: string;
  /** The tenants of a multi-tenant app of Entra ID. Each is an issuer of its own. */
  readonly tenantIds?: readonly string[];
  readonly audience: string | readonly string[];
  /** Default: OpenID discovery. */
  readonly jwksUri?: string;
  /** Default: `['RS256']`. */
  readonly algorithms?: readonly (`${'RS' | 'PS' | 'ES'}${256 | 384 | 512}` | 'EdDSA')[];
  /** Default: `access`. */
  readonly tokenUse?: 'access' | 'id';
  /** Accepted media types in the header; `null`: any. Default: `['at+jwt']` for access tokens. */
  readonly typ?: readonly string[] | null;
  readonly clientIds?: readonly string[];
  /** Claims that must have exactly this value, or one of these. */
  readonly claims?: Readonly<Record<string, string | readonly string[]>>;
  /** The claim that marks the token of a service. */
  readonly services?: { readonly claim: string; readonly equals: string };
}

/** A user pool of Amazon Cognito. */
export function cognito<const Name extends string = never>(settings: CognitoSettings<Name>) {
  return { ...settings, type: 'cognito' } as const;
}

/** A tenant of Auth0. */
export function auth0<const Name extends string = never>(settings: Auth0Settings<Name>) {
  return { ...settings, type: 'auth0' } as const;
}

/** Any other issuer of OpenID Connect or RFC 9068 tokens: Keycloak, Okta, Microsoft Entra ID, Google. */
export function oidc<const Name extends string = never>(settings: OidcSettings<Name>) {
  return { ...settings, type: 'oidc' } as const;
}

/** Seconds. */
interface SessionLimits {
  /** Without a request for so long, a session ends. Default: 12 hours; for privileged users 1 hour. */
  readonly idle?: number;
  /** So long after it began, a session ends in any case. Default: 14 days; for privileged users 12 hours. */
  readonly absolute?: number;
}

/** Sessions of the session cookie. */
export interface SessionSettings extends SessionLimits {
  /** For users who hold a privileged permission. */
  readonly privileged?: SessionLimits;
  /** Sessions of a user; a further sign-in ends the oldest one. Default: 20. */
  readonly maxPerUser?: number;
  /**
   * May a session get Firebase tokens, for Firestore and Storage? A script in the page (XSS) can take one elsewhere, where it
   * outlives the session. Default: true.
   */
  readonly firebaseTokens?: boolean;
}

/** Second factors: TOTP and passkeys. */
export interface MfaSettings<Role extends string> {
  /**
   * Users who hold one of these roles need a second factor for every request: until they have one, they can only enrol. Default:
   * none. Privileged operations ask every user for a second factor who has one.
   */
  readonly requireFactorFor?: readonly Role[];
  /** Seconds for which a proof of a second factor suffices for privileged operations. Default: 600. */
  readonly maxAge?: number;
  /** Name of the product in authenticator apps and in the dialogs of browsers. Default: the project id. */
  readonly productName?: string;
}

/** `credential`: what signs in, or proves something that can be guessed. */
export type RateLimitClass = 'read' | 'write' | 'privileged' | 'credential';

/** How many requests each instance accepts of one caller. */
export interface RateLimitSetting {
  /** Of a user. */
  readonly user: number;
  /** Of a service, or of an IP address without an accepted credential: many people can be behind it. */
  readonly shared: number;
  /** In so many seconds. */
  readonly window: number;
}

type Names<Table> = keyof Table & string;

/** Sign-in providers of Firebase Auth besides `anonymous`. E-mail links are `password`, other custom tokens `custom`. */
export const SIGN_IN_PROVIDERS = [
  ...([
    'password',
    'phone',
    'passkey',
    'custom',
    'google.com',
    'apple.com',
    'facebook.com',
    'github.com',
  ] as const),
  ...(['microsoft.com', 'twitter.com', 'yahoo.com', 'linkedin.com'] as const),
  ...(['playgames.google.com', 'gc.apple.com'] as const),
] as const;

/** Which sign-ins with Firebase Auth are allowed, now and later: it is checked at each sign-in and for each token. */
export interface SignInSetting {
  /** Default: every provider that is enabled in Firebase. */
  readonly providers?: readonly ((typeof SIGN_IN_PROVIDERS)[number] | `oidc.${string}` | `saml.${string}`)[];
  /** The domains of the users' verified e-mail addresses. Default: every domain, and users without an address. */
  readonly emailDomains?: readonly string[];
  /** Has every user to have a verified e-mail address? Default: false. */
  readonly verifiedEmail?: boolean;
  /** May anonymous users sign in? The other rules do not apply to them. Default: false. */
  readonly anonymous?: boolean;
}

export interface GatehouseConfig<Permissions, Roles> {
  /** Every permission, as `resource:action`. */
  readonly permissions: Permissions;
  /** `owner` always holds every permission. */
  readonly roles: Roles;
  /** Role of a new user. It can hold no privileged permission. */
  readonly defaultRole: NoInfer<Exclude<Names<Roles>, 'owner'>> | 'none';
  readonly signUp: {
    /** E-mail domains that may sign up. Empty: every domain. */
    readonly emailDomains: readonly string[];
  };
  /** Default: every sign-in that Firebase allows. */
  readonly signIn?: SignInSetting;
  readonly sessions?: SessionSettings;
  readonly mfa?: MfaSettings<NoInfer<Names<Roles>>>;
  /** Classes that are left out have the defaults. `null`: no limit. */
  readonly rateLimits?: Readonly<Partial<Record<RateLimitClass, RateLimitSetting | null>>>;
  /** Trusted token issuers besides Firebase. */
  readonly trustedIssuers: (
    deployment: Deployment,
  ) => readonly IssuerSetting<NoInfer<Names<Permissions> | Names<Roles>>>[];
}

/**
 * Types the configuration: a misspelt permission or role does not compile. Values are checked by the build and at start
 * (`product-config.ts`).
 */
export function defineConfig<
  const Permissions extends Readonly<Record<`${string}:${string}`, PermissionSetting>>,
  const Roles extends Readonly<Record<string, RoleSetting<Names<Permissions>>>> & { readonly owner: 'all' },
>(config: GatehouseConfig<Permissions, Roles>): GatehouseConfig<Permissions, Roles> {
  return config;
}
