import { defineBoolean, defineInt, defineString, select } from 'firebase-functions/params';
import * as z from 'zod';
import { ALL_ROLES, type Role } from './authz/roles.ts';

/**
 * The parameters of a deployment. The Firebase CLI asks for them or reads them from `functions/.env.<project>`; they
 * resize and place the functions at deploy time, and the rest reaches the running code through {@link loadConfig}.
 */
export const params = {
  ALLOWED_ORIGINS: defineString('ALLOWED_ORIGINS', {
    default: '',
    description:
      'Web origins that may call the API, comma-separated. Empty: the two Hosting domains of the project.',
  }),
  DEFAULT_ROLE: defineString('DEFAULT_ROLE', {
    default: 'member',
    description: 'Role of a new user, or "none".',
    input: select(['none', ...ALL_ROLES.filter((role) => role !== 'owner')]),
  }),
  SIGN_UP_DOMAINS: defineString('SIGN_UP_DOMAINS', {
    default: '',
    description: 'E-mail domains that may sign up, comma-separated, compared whole. Empty: everybody.',
  }),
  IDENTITY_PLATFORM: defineBoolean('IDENTITY_PLATFORM', {
    default: false,
    description:
      'Is the project upgraded to Identity Platform? Then blocking functions guard sign-up and sign-in.',
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
    description: 'Seconds until a revocation or role change is noticed at the latest, 0 to 60.',
  }),
  REGION: defineString('REGION', { default: 'us-central1', description: 'Where the functions run.' }),
  API_MEMORY_MIB: defineInt('API_MEMORY_MIB', { default: 256, description: 'Memory of the API, in MiB.' }),
  API_CONCURRENCY: defineInt('API_CONCURRENCY', {
    default: 80,
    description: 'Requests an API instance serves at once.',
  }),
  API_MIN_INSTANCES: defineInt('API_MIN_INSTANCES', { default: 0, description: 'API instances kept warm.' }),
  API_MAX_INSTANCES: defineInt('API_MAX_INSTANCES', {
    default: 10,
    description: 'API instances at the most.',
  }),
  API_SERVICE_ACCOUNT: defineString('API_SERVICE_ACCOUNT', {
    default: '',
    description: 'Service account of the API. Empty: the project’s default one.',
  }),
  CALLABLES_MEMORY_MIB: defineInt('CALLABLES_MEMORY_MIB', {
    default: 256,
    description: 'Memory of each callable, in MiB.',
  }),
  CALLABLES_CONCURRENCY: defineInt('CALLABLES_CONCURRENCY', {
    default: 80,
    description: 'Requests a callable instance serves at once.',
  }),
  CALLABLES_MIN_INSTANCES: defineInt('CALLABLES_MIN_INSTANCES', {
    default: 0,
    description: 'Instances of each callable kept warm.',
  }),
  CALLABLES_MAX_INSTANCES: defineInt('CALLABLES_MAX_INSTANCES', {
    default: 5,
    description: 'Instances of each callable at the most.',
  }),
  CALLABLES_SERVICE_ACCOUNT: defineString('CALLABLES_SERVICE_ACCOUNT', {
    default: '',
    description: 'Service account of the callables. Empty: the project’s default one.',
  }),
  TRIGGERS_MEMORY_MIB: defineInt('TRIGGERS_MEMORY_MIB', {
    default: 256,
    description: 'Memory of each trigger, in MiB.',
  }),
  TRIGGERS_CONCURRENCY: defineInt('TRIGGERS_CONCURRENCY', {
    default: 80,
    description: 'Events a trigger instance handles at once.',
  }),
  TRIGGERS_MIN_INSTANCES: defineInt('TRIGGERS_MIN_INSTANCES', {
    default: 0,
    description:
      'Instances of each trigger kept warm. A blocking function has 7 s in all: 1 avoids cold starts.',
  }),
  TRIGGERS_MAX_INSTANCES: defineInt('TRIGGERS_MAX_INSTANCES', {
    default: 5,
    description: 'Instances of each trigger at the most.',
  }),
  TRIGGERS_SERVICE_ACCOUNT: defineString('TRIGGERS_SERVICE_ACCOUNT', {
    default: '',
    description: 'Service account of the triggers. Empty: the project’s default one.',
  }),
} as const;

/** The running code's settings, read and checked once. */
export interface Config {
  readonly projectId: string;
  readonly emulator: boolean;
  readonly allowedOrigins: readonly string[];
  readonly defaultRole: Exclude<Role, 'owner'> | 'none';
  readonly signUpDomains: readonly string[];
  readonly appCheck: { readonly enforce: boolean; readonly consume: boolean };
  /** Seconds. */
  readonly accessChangeMaxAge: number;
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
  return url?.origin === text && (url.protocol === 'https:' || (url.protocol === 'http:' && local));
}, 'is not an origin like https://app.example.com');

const domain = z
  .string()
  .toLowerCase()
  .regex(/^([a-z0-9-]+\.)+[a-z0-9-]+$/, 'is not a domain like example.com');
const flag = z.enum(['true', 'false']).transform((text) => text === 'true');

const environment = z.object({
  ALLOWED_ORIGINS: commaSeparated(origin),
  DEFAULT_ROLE: z.enum(['none', 'member', 'support', 'auditor', 'admin']),
  SIGN_UP_DOMAINS: commaSeparated(domain),
  APP_CHECK: flag,
  APP_CHECK_CONSUME: flag,
  ACCESS_CHANGE_MAX_AGE: z.string().regex(/^\d+$/).transform(Number).pipe(z.int().max(60)),
});

type Environment = Readonly<Record<string, string | undefined>>;

/** Is the Firebase CLI only asking which functions there are? Then no parameter has a value yet. */
export function isDiscovery(env: Environment = process.env): boolean {
  return env.FUNCTIONS_CONTROL_API === 'true';
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
    throw new Error(`Gatehouse cannot start, these parameters are wrong:\n${lines.join('\n')}`);
  }
  const values = parsed.data;
  return Object.freeze({
    projectId,
    emulator,
    allowedOrigins: Object.freeze(
      values.ALLOWED_ORIGINS.length > 0 ? values.ALLOWED_ORIGINS : hostingOrigins(projectId),
    ),
    defaultRole: values.DEFAULT_ROLE,
    signUpDomains: Object.freeze(values.SIGN_UP_DOMAINS),
    // The emulator has no App Check service, and its tokens could not be verified.
    appCheck: Object.freeze({ enforce: values.APP_CHECK && !emulator, consume: values.APP_CHECK_CONSUME }),
    accessChangeMaxAge: values.ACCESS_CHANGE_MAX_AGE,
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
    Object.entries(params).map(([name, param]) => [name, env[name] ?? String(param.options.default)]),
  );
}

function hostingOrigins(projectId: string): string[] {
  return [`https://${projectId}.web.app`, `https://${projectId}.firebaseapp.com`];
}
