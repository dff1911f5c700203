import * as z from 'zod';
import type { IssuerProfile } from './authn/oidc/issuer-profile.ts';
import { firebaseProfile } from './authn/oidc/providers/firebase.ts';
import { readTrustedIssuers } from './authn/oidc/trusted-issuers.ts';
import { EVERY_SIGN_IN, type SignInPolicy } from './authn/sign-in-policy.ts';
import { isUnprivilegedRole } from './authz/claim-mapping.ts';
import { ALL_ROLES, isRole, type Role } from './authz/roles.ts';
import { ConfigError, collectProblems, parseConfig } from './core/config-error.ts';
import {
  type Deployment,
  type PermissionSetting,
  type RateLimitClass,
  type RateLimitSetting,
  type RoleSetting,
  SIGN_IN_PROVIDERS,
} from './core/gatehouse-config.ts';
import { DAY } from './core/time.ts';

/** `gatehouse.config.ts` as data that has not been checked yet. Tests pass another one. */
export interface ProductConfig {
  readonly permissions: Readonly<Record<string, PermissionSetting>>;
  readonly roles: Readonly<Record<string, RoleSetting<string>>>;
  readonly defaultRole: string;
  readonly signUp: { readonly emailDomains: readonly string[] };
  readonly signIn?: unknown;
  readonly sessions?: unknown;
  readonly mfa?: unknown;
  readonly rateLimits?: unknown;
  readonly trustedIssuers: (deployment: Deployment) => unknown;
}

type DefaultRole = Exclude<Role, 'owner'> | 'none';

/** How long sessions live, in seconds. */
export interface SessionLimits {
  readonly idle: number;
  readonly absolute: number;
}

export interface SessionConfig extends SessionLimits {
  readonly privileged: SessionLimits;
  readonly maxPerUser: number;
  readonly firebaseTokens: boolean;
}

/** Second factors. */
export interface MfaConfig {
  readonly requireFactorFor: readonly Role[];
  /** Seconds. */
  readonly maxAge: number;
  readonly productName: string;
}

/** What the running code takes from it. */
export interface Product {
  readonly defaultRole: DefaultRole;
  readonly signUpDomains: readonly string[];
  readonly signIn: SignInPolicy;
  readonly sessions: SessionConfig;
  readonly mfa: MfaConfig;
  readonly rateLimits: RateLimitTable;
  readonly trustedIssuers: readonly IssuerProfile[];
}

type RateLimitTable = Readonly<Record<RateLimitClass, RateLimitSetting | null>>;

/** What the emulator may replace, as JSON in GATEHOUSE_EMULATOR_CONFIG: local issuers have ports known only at start. */
export const emulatorConfigSchema = z.strictObject({
  defaultRole: z.string().exactOptional(),
  signUp: z.strictObject({ emailDomains: z.array(z.string()) }).exactOptional(),
  signIn: z.unknown().exactOptional(),
  sessions: z.unknown().exactOptional(),
  mfa: z.unknown().exactOptional(),
  rateLimits: z.unknown().exactOptional(),
  trustedIssuers: z.array(z.unknown()).exactOptional(),
});

const domain = z
  .string()
  .toLowerCase()
  .regex(/^([a-z0-9-]+\.)+[a-z0-9-]+$/, 'is not a domain like example.com');
const signUpSchema = z.strictObject({ emailDomains: z.array(domain) });

const isProvider = (name: string) =>
  /^(oidc|saml)\.[\w.-]+$/.test(name) || SIGN_IN_PROVIDERS.some((provider) => provider === name);
const provider = z.string().refine(isProvider, 'is not a sign-in provider like google.com or oidc.acme');
/** An empty list would refuse every user. */
const listOf = (item: z.ZodType<string, string>) => z.array(item).min(1).nullable().default(null);
const signInSchema = z.strictObject({
  providers: listOf(provider),
  emailDomains: listOf(domain),
  verifiedEmail: z.boolean().default(false),
  anonymous: z.boolean().default(false),
});

function readSignIn(setting: unknown): SignInPolicy {
  if (setting === undefined) return EVERY_SIGN_IN;
  const policy = parseConfig(signInSchema, setting, 'signIn');
  for (const list of [policy.providers, policy.emailDomains]) Object.freeze(list);
  return Object.freeze(policy);
}

/** Browsers keep no cookie for longer: https://httpwg.org/http-extensions/draft-ietf-httpbis-rfc6265bis.html#section-5.5 */
const LONGEST_COOKIE = 400 * DAY;
const HOUR = 3600;
const lifetime = z.int().min(60).max(LONGEST_COOKIE).optional();
const limitsSchema = { idle: lifetime, absolute: lifetime };
const sessionsSchema = z.strictObject({
  ...limitsSchema,
  privileged: z.strictObject(limitsSchema).default({}),
  maxPerUser: z.int().min(1).max(100).default(20),
  firebaseTokens: z.boolean().default(true),
});

/** Limits that are left out are never longer than those that are given. */
function readSessions(setting: unknown = {}): SessionConfig {
  const { privileged, maxPerUser, firebaseTokens, ...given } = parseConfig(
    sessionsSchema,
    setting,
    'sessions',
  );
  const { absolute = Math.max(14 * DAY, given.idle ?? 0) } = given;
  const { idle = Math.min(12 * HOUR, absolute) } = given;
  const { absolute: ofPrivileged = Math.min(12 * HOUR, absolute) } = privileged;
  const { idle: idleOfPrivileged = Math.min(HOUR, idle, ofPrivileged) } = privileged;
  const problems = [
    ...(idle > absolute ? ['sessions.idle: is more than absolute'] : []),
    ...(ofPrivileged > absolute ? ['sessions.privileged.absolute: is more than absolute'] : []),
    ...(idleOfPrivileged > Math.min(idle, ofPrivileged)
      ? ['sessions.privileged.idle: is more than idle or absolute']
      : []),
  ];
  if (problems.length > 0) throw new ConfigError(problems);
  const ends = Object.freeze({ idle: idleOfPrivileged, absolute: ofPrivileged });
  return Object.freeze({ idle, absolute, privileged: ends, maxPerUser, firebaseTokens });
}

const mfaSchema = z.strictObject({
  requireFactorFor: z.array(z.custom<Role>((name) => isRole(String(name)), 'is not a role')).default([]),
  maxAge: z.int().min(60).max(DAY).default(600),
  productName: z.string().min(1).max(64).optional(),
});

function readMfa(setting: unknown, { projectId }: Deployment): MfaConfig {
  const { requireFactorFor, maxAge, productName = projectId } = parseConfig(mfaSchema, setting ?? {}, 'mfa');
  return Object.freeze({ requireFactorFor: Object.freeze(requireFactorFor), maxAge, productName });
}

/**
 * Checks the configuration of the product.
 *
 * @throws ConfigError with a line for each field that is wrong
 */
export function readProduct(product: ProductConfig, deployment: Deployment): Product {
  const problems = [...permissionProblems(product.permissions), ...roleProblems(product)];
  const defaultRole = collectProblems(problems, () => readDefaultRole(product.defaultRole));
  const signUp = collectProblems(problems, () => parseConfig(signUpSchema, product.signUp, 'signUp'));
  const signIn = collectProblems(problems, () => readSignIn(product.signIn));
  const sessions = collectProblems(problems, () => readSessions(product.sessions));
  const mfa = collectProblems(problems, () => readMfa(product.mfa, deployment));
  const rateLimits = collectProblems(problems, () =>
    parseConfig(rateLimitsSchema, product.rateLimits ?? {}, 'rateLimits'),
  );
  const trustedIssuers = collectProblems(problems, () => readIssuers(product, deployment));
  if (
    problems.length > 0 ||
    !defaultRole ||
    !signUp ||
    !signIn ||
    !sessions ||
    !mfa ||
    !rateLimits ||
    !trustedIssuers
  )
    throw new ConfigError(problems);
  const signUpDomains = Object.freeze(signUp.emailDomains);
  return { defaultRole, signUpDomains, signIn, sessions, mfa, rateLimits, trustedIssuers };
}

const limit = z
  .strictObject({
    user: z.int().min(1),
    shared: z.int().min(1),
    window: z.int().min(1).max(86_400),
  })
  .readonly()
  .nullable();

/** With the defaults: a limit stops a flood, and no page that a person uses. */
const rateLimitsSchema = z
  .strictObject({
    read: limit.default({ user: 600, shared: 6000, window: 60 }),
    write: limit.default({ user: 300, shared: 3000, window: 60 }),
    privileged: limit.default({ user: 120, shared: 1200, window: 60 }),
    credential: limit.default({ user: 30, shared: 300, window: 60 }),
  })
  .readonly();

/** {@link readProduct} for production and for the emulator, when functions are built or deployed. */
export function checkProduct(product: ProductConfig, projectId = 'demo-gatehouse'): void {
  for (const emulator of [false, true]) readProduct(product, { projectId, emulator });
}

const PERMISSION_NAME = /^[a-z]+:[a-z]+$/;

function permissionProblems(permissions: ProductConfig['permissions']): string[] {
  return Object.entries(permissions).flatMap(([name, { summary, privileged }]) => [
    ...(PERMISSION_NAME.test(name) ? [] : [`permissions.${name}: is not a name like notes:read`]),
    ...(summary === '' ? [`permissions.${name}.summary: is empty`] : []),
    ...(typeof privileged === 'boolean' ? [] : [`permissions.${name}.privileged: is not true or false`]),
    ...(ALWAYS_PRIVILEGED.includes(name) && privileged === false
      ? [`permissions.${name}.privileged: has to be true`]
      : []),
  ]);
}

/** Built-in operations change with these who may do what, so a token alone must never suffice for them. */
const ALWAYS_PRIVILEGED = ['users:write', 'roles:assign', 'owners:assign', 'directory:reconcile'];

/** Role names stand in custom claims and in firestore.rules. */
const ROLE_NAME = /^[a-z][a-z0-9-]{0,30}$/;

function roleProblems({ roles, permissions }: ProductConfig): string[] {
  const problems = Object.entries(roles).flatMap(([name, setting]) => {
    const named = ROLE_NAME.test(name) ? [] : [`roles.${name}: is not a name like support-lead`];
    if (setting === 'all') return named;
    const [list, path] =
      'allExcept' in setting ? [setting.allExcept, `roles.${name}.allExcept`] : [setting, `roles.${name}`];
    if (list.length === 0) return [...named, `${path}: is empty`];
    const unknown = list.flatMap((permission, index) =>
      Object.hasOwn(permissions, permission)
        ? []
        : [`${path}[${index}]: there is no permission ${permission}`],
    );
    return [...named, ...unknown];
  });
  return roles.owner === 'all' ? problems : [...problems, "roles.owner: has to be 'all'"];
}

/** New users cannot be trusted: their role has no privileged permission. */
function isDefaultRole(name: string): name is DefaultRole {
  return name === 'none' || (isRole(name) && name !== 'owner' && isUnprivilegedRole(name));
}

function readDefaultRole(name: string): DefaultRole {
  if (isDefaultRole(name)) return name;
  const problem = isRole(name)
    ? `${name} has privileged permissions`
    : `has to be one of ${['none', ...ALL_ROLES.filter(isDefaultRole)].join(', ')}`;
  throw new ConfigError([`defaultRole: ${problem}`]);
}

function readIssuers(product: ProductConfig, deployment: Deployment): readonly IssuerProfile[] {
  const { projectId, emulator: local } = deployment;
  const { issuer: ownIssuer } = firebaseProfile(projectId);
  const runtime = { local, allowFirebase: false, ownIssuer };
  return readTrustedIssuers(product.trustedIssuers(deployment), runtime);
}
