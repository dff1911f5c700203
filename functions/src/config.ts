import { defineBoolean, defineInt, defineString, select } from 'firebase-functions/params';
import * as z from 'zod';
import type { IssuerProfile } from './authn/oidc/issuer-profile.ts';
import { readTrustedIssuers } from './authn/oidc/trusted-issuers.ts';

/** Settings of the running code. It reads them through {@link loadConfig}. */
const settings = {
  ALLOWED_ORIGINS: defineString('ALLOWED_ORIGINS', {
    default: '',
    description:
      'Web origins that may call, besides the two Hosting domains of the project, comma-separated.',
  }),
  DEFAULT_ROLE: defineString('DEFAULT_ROLE', {
    default: 'member',
    description: 'Role of a new user, or "none".',
    input: select(['none', 'member']),
  }),
  SIGN_UP_DOMAINS: defineString('SIGN_UP_DOMAINS', {
    default: '',
    description: 'E-mail domains that may sign up, comma-separated, compared whole. Empty: everybody.',
  }),
  APP_CHECK: defineBoolean('APP_CHECK', {
    default: false,
    description: 'Refuse requests without a valid App Check token.',
  }),
  APP_CHECK_CONSUME: defineBoolean('APP_CHECK_CONSUME', {
    default: false,
    description: 'Accept an App Check token for one change only (replay protection).',
  }),
  ACCESS_CHANGE_MAX_AGE: defineInt('ACCESS_CHANGE_MAX_AGE', {
    default: 10,
    description: 'Seconds until every instance knows of a revocation or role change, 1 to 60.',
  }),
  TRUSTED_ISSUERS: defineString('TRUSTED_ISSUERS', {
    default: '',
    description:
      'Issuers besides Firebase whose tokens are accepted: a JSON list, see the README. Empty: none.',
  }),
  BEHIND_GATEWAY: defineBoolean('BEHIND_GATEWAY', {
    default: false,
    description:
      'Google API Gateway or ESPv2 stands in front: the HTTP API takes the token from X-Forwarded-Authorization.',
  }),
  AUDIT_RETENTION_DAYS: defineInt('AUDIT_RETENTION_DAYS', {
    default: 400,
    description: 'Days for which audit events are kept, 1 to 3650.',
  }),
} as const;

/** Decides at deploy time which triggers there are. */
export const identityPlatform = defineBoolean('IDENTITY_PLATFORM', {
  default: false,
  description:
    'Is the project upgraded to Identity Platform? Then blocking functions guard sign-up and sign-in.',
});

const region = defineString('REGION', { default: 'us-central1', description: 'Where the functions run.' });

/** Place and size of a group of functions, as the options that `firebase-functions` takes. */
function size(group: string, maxInstances: number) {
  const count = (name: string, value: number, description: string) =>
    defineInt(`${group}_${name}`, { default: value, description });
  return {
    region,
    memory: count('MEMORY_MIB', 256, 'Memory of an instance, in MiB.'),
    concurrency: count('CONCURRENCY', 80, 'Requests an instance serves at once.'),
    minInstances: count('MIN_INSTANCES', 0, 'Instances of each function kept warm.'),
    maxInstances: count('MAX_INSTANCES', maxInstances, 'Instances of each function at the most.'),
  };
}

export const sizes = {
  api: size('API', 10),
  callables: size('CALLABLES', 5),
  triggers: size('TRIGGERS', 5),
} as const;

function serviceAccount(functionName: string) {
  const name = functionName.replaceAll(/[A-Z]/g, '_$&').toUpperCase();
  const description = `Service account of ${functionName}. Empty: the project’s default one.`;
  return { serviceAccount: defineString(`${name}_SERVICE_ACCOUNT`, { default: '', description }) };
}

/** A service account per function, so that each can be given no more than it needs. */
export const runAs = {
  api: serviceAccount('api'),
  getMyAccess: serviceAccount('getMyAccess'),
  listUsers: serviceAccount('listUsers'),
  setUserRoles: serviceAccount('setUserRoles'),
  revokeSessions: serviceAccount('revokeSessions'),
  beforeUserCreated: serviceAccount('beforeUserCreated'),
  beforeUserSignedIn: serviceAccount('beforeUserSignedIn'),
  onUserCreated: serviceAccount('onUserCreated'),
  onUserDeleted: serviceAccount('onUserDeleted'),
  reconcileAccess: serviceAccount('reconcileAccess'),
} as const;

/** The running code's settings, read and checked once. */
export interface Config {
  readonly projectId: string;
  readonly emulator: boolean;
  readonly allowedOrigins: readonly string[];
  readonly defaultRole: 'member' | 'none';
  readonly signUpDomains: readonly string[];
  readonly appCheck: { readonly enforce: boolean; readonly consume: boolean };
  /** Seconds. */
  readonly accessChangeMaxAge: number;
  /** Those besides Firebase. */
  readonly trustedIssuers: readonly IssuerProfile[];
  /** A gateway puts its own token into `Authorization`, and the caller's into `X-Forwarded-Authorization`. */
  readonly behindGateway: boolean;
  /** Days. */
  readonly auditRetention: number;
}

const commaSeparated = (item: z.ZodType<string, string>) =>
  z
    .string()
    .transform((text) =>
      text
        .split(',')
        .map((part) => part.trim())
        .filter((part) => part !== ''),
    )
    .pipe(z.array(item));

/** What a browser sends as `Origin`: scheme, host and port, lower-case, nothing else (RFC 6454 §7). */
const origin = z.string().refine((text) => {
  const url = URL.parse(text);
  const local = url?.hostname === 'localhost' || url?.hostname === '127.0.0.1';
  return (
    url?.origin === text &&
    !text.includes('*') &&
    (url.protocol === 'https:' || (url.protocol === 'http:' && local))
  );
}, 'is not an origin like https://app.example.com');

const domain = z
  .string()
  .toLowerCase()
  .regex(/^([a-z0-9-]+\.)+[a-z0-9-]+$/, 'is not a domain like example.com');
const flag = z.enum(['true', 'false']).transform((text) => text === 'true');

const whole = (min: number, max: number) =>
  z.string().regex(/^\d+$/, 'is not a whole number').transform(Number).pipe(z.int().min(min).max(max));

const environment = z.object({
  ALLOWED_ORIGINS: commaSeparated(origin),
  DEFAULT_ROLE: z.enum(['none', 'member']),
  SIGN_UP_DOMAINS: commaSeparated(domain),
  APP_CHECK: flag,
  APP_CHECK_CONSUME: flag,
  ACCESS_CHANGE_MAX_AGE: whole(1, 60),
  TRUSTED_ISSUERS: z.string(),
  BEHIND_GATEWAY: flag,
  AUDIT_RETENTION_DAYS: whole(1, 3650),
});

const WRONG = 'Gatehouse cannot start, these parameters are wrong:';

type Environment = Readonly<Record<string, string | undefined>>;

/** Is the Firebase CLI only asking which functions there are? Then no parameter has a value yet. */
export function isDiscovery(env: Environment = process.env): boolean {
  // Cloud Run sets K_CONFIGURATION: whatever strayed in there is no excuse.
  return env.FUNCTIONS_CONTROL_API === 'true' && env.K_CONFIGURATION === undefined;
}

/**
 * Reads and checks the settings.
 *
 * @throws Error naming every variable that is wrong, or that must not be set in production. Thrown at start-up, so that
 * a bad revision never receives a request.
 */
export function loadConfig(env: Environment = process.env): Config {
  const emulator = env.FUNCTIONS_EMULATOR === 'true';
  refuseDebugging(env, emulator);
  const projectId = env.GCLOUD_PROJECT ?? env.GOOGLE_CLOUD_PROJECT;
  if (!projectId) throw new Error('Gatehouse cannot start: GCLOUD_PROJECT is not set.');

  const parsed = environment.safeParse(withDefaults(env));
  if (!parsed.success) {
    const lines = parsed.error.issues.map(({ path, message }) => `  ${path[0]?.toString()}: ${message}`);
    throw new Error(`${WRONG}\n${lines.join('\n')}`);
  }
  const values = parsed.data;
  if (values.APP_CHECK_CONSUME && !values.APP_CHECK) {
    throw new Error('Gatehouse cannot start: APP_CHECK_CONSUME does nothing without APP_CHECK.');
  }
  return Object.freeze({
    trustedIssuers: readTrustedIssuers(values.TRUSTED_ISSUERS, { local: emulator, gate: false }, WRONG),
    behindGateway: values.BEHIND_GATEWAY,
    projectId,
    emulator,
    allowedOrigins: Object.freeze([...hostingOrigins(projectId, env, emulator), ...values.ALLOWED_ORIGINS]),
    defaultRole: values.DEFAULT_ROLE,
    signUpDomains: Object.freeze(values.SIGN_UP_DOMAINS),
    // The emulator has no App Check service, and its tokens could not be verified.
    appCheck: Object.freeze({ enforce: values.APP_CHECK && !emulator, consume: values.APP_CHECK_CONSUME }),
    accessChangeMaxAge: values.ACCESS_CHANGE_MAX_AGE,
    auditRetention: values.AUDIT_RETENTION_DAYS,
  });
}

/** Each of these makes some library accept unsigned tokens or believe something that is not Google. */
const DEBUGGING =
  /^(FIREBASE_\w+_EMULATOR_HOST|FIRESTORE_EMULATOR_HOST|FIREBASE_DEBUG_(MODE|FEATURES)|NODE_TLS_REJECT_UNAUTHORIZED)$/;

function refuseDebugging(env: Environment, emulator: boolean): void {
  // Cloud Run sets K_CONFIGURATION, the emulator does not: a FUNCTIONS_EMULATOR that strayed into production shows.
  const production = !emulator || env.K_CONFIGURATION !== undefined;
  const found = Object.keys(env).filter((name) => env[name] && DEBUGGING.test(name));
  if (emulator && production) found.push('FUNCTIONS_EMULATOR');
  if (production && found.length > 0) {
    throw new Error(
      `Gatehouse refuses to start in production with ${found.sort().join(', ')} set: unsigned tokens would pass.`,
    );
  }
}

function withDefaults(env: Environment): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(settings).map(([name, param]) => [name, env[name] ?? String(param.options.default)]),
  );
}

/** The two domains that Hosting gives every project; in the emulator also wherever it serves this time. */
function hostingOrigins(projectId: string, env: Environment, emulator: boolean): string[] {
  const local = emulator ? [env.GATEHOUSE_HOSTING_URL ?? 'http://127.0.0.1:5002'] : [];
  return [`https://${projectId}.web.app`, `https://${projectId}.firebaseapp.com`, ...local];
}
