import * as z from 'zod';
import gatehouse from '../gatehouse.config.ts';
import { ConfigError, parseConfig, parseConfigJson } from './core/config-error.ts';
import { MFA_KEYS_SECRET, type MfaKeys, readMfaKeys } from './core/mfa-keys.ts';
import { type Environment, refuseDebugging } from './core/refuse-debugging.ts';
import {
  DEFAULT_BASE_PATH,
  DEFAULT_DATABASE,
  defineBoolean,
  defineInt,
  defineSecret,
  defineString,
  placement,
} from './distribution.ts';
import { parameterValues } from './parameter-values.ts';
import { isWithin, type PasskeyConfig, readPasskeys } from './passkey-config.ts';
import { emulatorConfigSchema, type Product, type ProductConfig, readProduct } from './product-config.ts';

/** Settings of the running code. It reads them through {@link loadConfig}. */
const settings = {
  ALLOWED_ORIGINS: defineString('ALLOWED_ORIGINS', {
    default: '',
    description:
      'Web origins that may call, besides the two Hosting domains of the project, comma-separated.',
  }),
  HOSTING_SITES: defineString('HOSTING_SITES', {
    default: '',
    description: 'Ids of further Hosting sites of the project. Their pages may call. Comma-separated.',
  }),
  PREVIEW_CHANNELS: defineBoolean('PREVIEW_CHANNELS', {
    default: false,
    description: 'May pages on preview channels of these Hosting sites call through their own domain?',
  }),
  ALLOWED_HEADERS: defineString('ALLOWED_HEADERS', {
    default: 'sentry-trace,baggage,traceparent',
    description: 'Request headers that pages of other origins may send besides those of the API.',
  }),
  HSTS_INCLUDE_SUBDOMAINS: defineBoolean('HSTS_INCLUDE_SUBDOMAINS', {
    default: false,
    description: 'Must browsers use HTTPS for every host below the domain of the API, too?',
  }),
  BASE_PATH: defineString('BASE_PATH', {
    default: DEFAULT_BASE_PATH,
    description:
      'Path of the HTTP API on a domain that passes the full path on, such as Hosting. The function itself has /v1.',
  }),
  ERROR_DOCS_URL: defineString('ERROR_DOCS_URL', {
    default: '',
    description: 'URL of the pages of error codes, without the code. Empty: on the Hosting site.',
  }),
  INVITATION_URL: defineString('INVITATION_URL', {
    default: '',
    description: 'Page of an allowed web origin to which an invited user can go on. Empty: none.',
  }),
  SESSION_COOKIE_DOMAIN: defineString('SESSION_COOKIE_DOMAIN', {
    default: '',
    description:
      'Domain such as example.com: all of its hosts get the session cookie. Empty: only the host that set it.',
  }),
  PASSKEY_RP_ID: defineString('PASSKEY_RP_ID', {
    default: '',
    description:
      'Domain of the passkeys, such as example.com. They work on it and its hosts, and never on another one. Empty: the Hosting site.',
  }),
  PASSKEY_ORIGINS: defineString('PASSKEY_ORIGINS', {
    default: '',
    description:
      'Further origins that may use the passkeys: of pages on other domains, or android:apk-key-hash:… of apps. Comma-separated.',
  }),
  ENFORCEMENT: defineString('ENFORCEMENT', {
    default: 'enforce',
    description:
      'enforce, or shadow: your own endpoints with allowShadow log whom they would refuse, and refuse no request.',
  }),
  APP_CHECK: defineBoolean('APP_CHECK', {
    default: false,
    description: 'Refuse users without a valid App Check token. Services need none.',
  }),
  APP_CHECK_CONSUME: defineBoolean('APP_CHECK_CONSUME', {
    default: false,
    description: 'Accept an App Check token for one change only (replay protection).',
  }),
  ACCESS_CHANGE_MAX_AGE: defineInt('ACCESS_CHANGE_MAX_AGE', {
    default: 10,
    description: 'Seconds until every instance knows of a revocation or role change, 1 to 60.',
  }),
  BEHIND_GATEWAY: defineBoolean('BEHIND_GATEWAY', {
    default: false,
    description:
      'Google API Gateway or ESPv2 stands in front: the HTTP API takes the token from X-Forwarded-Authorization.',
  }),
  TRUSTED_PROXY_HOPS: defineInt('TRUSTED_PROXY_HOPS', {
    default: 1,
    description:
      'Which entry of X-Forwarded-For, from the end, is the address of the client: 1 without Hosting, 2 behind it. 1 to 9.',
  }),
  AUDIT_RETENTION_DAYS: defineInt('AUDIT_RETENTION_DAYS', {
    default: 400,
    description: 'Days for which audit events are kept, 1 to 3650.',
  }),
  DATABASE_ID: defineString('DATABASE_ID', {
    default: DEFAULT_DATABASE,
    description: 'Firestore database that holds the directory, the audit log and everything else.',
  }),
} as const;

/** Of the HTTP API only: no other function reads or writes the secret of a factor. */
export const mfaEncryptionKeys = defineSecret(MFA_KEYS_SECRET, {
  description:
    'Keys that encrypt the secrets of second factors, such as k1:<32 bytes in base64url>. The first encrypts. `gatehouse keys generate mfa` prints one.',
});

/** Decides at deploy time which triggers there are. */
export const identityPlatform = defineBoolean('IDENTITY_PLATFORM', {
  default: false,
  description:
    'Is the project upgraded to Identity Platform? Then blocking functions check sign-up and sign-in.',
});

const apiSize = (name: string, value: number, description: string) =>
  defineInt(`API_${name}`, { default: value, description });

/** Size of a function that serves few requests. */
const SMALL = { memory: '256MiB', concurrency: 80, maxInstances: 5 } as const;

/**
 * Options of the functions, by group. A service account for each group, so that each gets only the roles it needs:
 * docs/architecture/decisions/0012-service-accounts.md.
 */
export const functionOptions = {
  api: {
    ...placement('API', 'the HTTP API'),
    memory: apiSize('MEMORY_MIB', 256, 'Memory of an instance of the API, in MiB.'),
    concurrency: apiSize('CONCURRENCY', 80, 'Requests that an instance of the API serves at once.'),
    minInstances: apiSize('MIN_INSTANCES', 0, 'Instances of the API that are kept warm.'),
    maxInstances: apiSize('MAX_INSTANCES', 10, 'Most instances of the API.'),
  },
  callables: { ...SMALL, ...placement('CALLABLES', 'the callable functions') },
  triggers: { ...SMALL, ...placement('TRIGGERS', 'the blocking, user event and scheduled functions') },
} as const;

/** The running code's settings, read and checked once. */
export interface Config extends Product {
  readonly projectId: string;
  readonly emulator: boolean;
  /** Whether no Firestore can answer: the project exists only in the emulators, and that of Firestore does not run. */
  readonly lacksFirestore: boolean;
  /** Host and port of the Auth emulator; undefined in production. */
  readonly authEmulator?: string | undefined;
  readonly allowedOrigins: readonly string[];
  /** Hosting sites. Pages on their preview channels may call. */
  readonly previewSites: readonly string[];
  /** Request headers that pages of other origins may send besides those of the API. */
  readonly allowedHeaders: readonly string[];
  readonly hstsIncludeSubDomains: boolean;
  /** Path of the API behind Hosting; `/v1` on the function itself is fixed. */
  readonly basePath: string;
  /** URL below which every error code has its page. */
  readonly errorDocs: string;
  /** Where an invited user can go on. On one of the allowed origins. */
  readonly invitationUrl: string | undefined;
  /** The attribute `Domain` of the session cookie. */
  readonly sessionCookieDomain: string | undefined;
  readonly passkeys: PasskeyConfig;
  /** `shadow`: endpoints of the adopter with `allowShadow` decide and log, and refuse no request. */
  readonly enforcement: 'enforce' | 'shadow';
  readonly appCheck: { readonly enforce: boolean; readonly consume: boolean };
  /** Seconds. */
  readonly accessChangeMaxAge: number;
  /** A gateway puts its own token into `Authorization`, and the caller's into `X-Forwarded-Authorization`. */
  readonly behindGateway: boolean;
  /** Proxies in front that write `X-Forwarded-For`: the address of the client is this entry, from the end. */
  readonly trustedProxyHops: number;
  /** Days. */
  readonly auditRetention: number;
  readonly databaseId: string;
  readonly mfaKeys: MfaKeys;
}

/** Is the Firebase CLI only asking which functions there are? Then no parameter has a value yet. */
export function isDiscovery(env: Environment = process.env): boolean {
  // Cloud Run sets K_CONFIGURATION: whatever strayed in there is no excuse.
  return env.FUNCTIONS_CONTROL_API === 'true' && env.K_CONFIGURATION === undefined;
}

/** The export that this process serves, e.g. `api` or `gatehouse.api`. Undefined with a debugger: it serves several. */
export function functionTarget(env: Environment = process.env): string | undefined {
  return env.FUNCTION_TARGET;
}

/**
 * Reads and checks the settings.
 *
 * @param product `gatehouse.config.ts`, or what a test has in its place
 * @throws ConfigError naming every parameter and field that is wrong, or Error naming the variables that must not be set
 * in production. Thrown at start-up, so that a bad revision never receives a request.
 */
export function loadConfig(env: Environment = process.env, product: ProductConfig = gatehouse): Config {
  const emulator = env.FUNCTIONS_EMULATOR === 'true';
  refuseDebugging(env, emulator);
  const moved = MOVED.filter((name) => env[name]);
  if (moved.length > 0)
    throw new ConfigError(moved.map((name) => `${name}: is set in functions/gatehouse.config.ts now`));
  const projectId = env.GCLOUD_PROJECT || env.GOOGLE_CLOUD_PROJECT || appHostingProject(env);
  if (!projectId) throw new ConfigError(['GCLOUD_PROJECT: is missing']);

  const values = parseConfig(parameterValues, withDefaults(env));
  if (values.APP_CHECK_CONSUME && !values.APP_CHECK) {
    throw new ConfigError(['APP_CHECK_CONSUME: does nothing without APP_CHECK']);
  }
  const sites = [projectId, ...values.HOSTING_SITES];
  const allowedOrigins = Object.freeze([...sites.flatMap(originsOfSite), ...values.ALLOWED_ORIGINS]);
  if (
    values.INVITATION_URL !== '' &&
    !allowedOrigins.includes(URL.parse(values.INVITATION_URL)?.origin ?? '')
  ) {
    throw new ConfigError(['INVITATION_URL: is not a URL of an allowed web origin']);
  }
  const cookieDomain = values.SESSION_COOKIE_DOMAIN;
  if (cookieDomain !== '' && !values.ALLOWED_ORIGINS.some((origin) => isWithin(cookieDomain, origin))) {
    throw new ConfigError(['SESSION_COOKIE_DOMAIN: ALLOWED_ORIGINS has no page at or below this domain']);
  }
  const passkeys = readPasskeys(values, allowedOrigins, emulator ? 'localhost' : `${projectId}.web.app`);
  return Object.freeze({
    ...readProduct(emulator ? inEmulator(product, env) : product, { projectId, emulator }),
    behindGateway: values.BEHIND_GATEWAY,
    projectId,
    emulator,
    ...(emulator && { authEmulator: env.FIREBASE_AUTH_EMULATOR_HOST }),
    lacksFirestore: emulator && projectId.startsWith('demo-') && !env.FIRESTORE_EMULATOR_HOST,
    allowedOrigins,
    previewSites: Object.freeze(values.PREVIEW_CHANNELS ? sites : []),
    allowedHeaders: Object.freeze(values.ALLOWED_HEADERS),
    hstsIncludeSubDomains: values.HSTS_INCLUDE_SUBDOMAINS,
    basePath: values.BASE_PATH,
    errorDocs: values.ERROR_DOCS_URL || `${hostingUrl(projectId, emulator, env)}${values.BASE_PATH}/errors`,
    invitationUrl: values.INVITATION_URL || undefined,
    sessionCookieDomain: cookieDomain || undefined,
    passkeys,
    enforcement: values.ENFORCEMENT,
    // The emulator has no App Check service, and its tokens could not be verified.
    appCheck: Object.freeze({ enforce: values.APP_CHECK && !emulator, consume: values.APP_CHECK_CONSUME }),
    accessChangeMaxAge: values.ACCESS_CHANGE_MAX_AGE,
    trustedProxyHops: values.TRUSTED_PROXY_HOPS,
    auditRetention: values.AUDIT_RETENTION_DAYS,
    databaseId: values.DATABASE_ID,
    mfaKeys: readMfaKeys(env[MFA_KEYS_SECRET]),
  });
}

/** App Hosting sets no variable with the project id, only the configuration of the Admin SDK. */
function appHostingProject({ FIREBASE_CONFIG: text }: Environment): string | undefined {
  if (!text) return undefined;
  return parseConfig(adminSdkConfig, parseConfigJson(text, 'FIREBASE_CONFIG'), 'FIREBASE_CONFIG').projectId;
}

const adminSdkConfig = z.object({ projectId: z.string().min(1) });

/** Parameters of an earlier version. Ignoring them would open the sign-up of a clone that was upgraded. */
const MOVED = ['DEFAULT_ROLE', 'SIGN_UP_DOMAINS', 'TRUSTED_ISSUERS'];

const EMULATOR_CONFIG = 'GATEHOUSE_EMULATOR_CONFIG';

/** In the emulator, a variable can replace parts of the configuration. */
function inEmulator(product: ProductConfig, env: Environment): ProductConfig {
  const text = env[EMULATOR_CONFIG];
  if (!text) return product;
  const replaced = parseConfig(emulatorConfigSchema, parseConfigJson(text, EMULATOR_CONFIG), EMULATOR_CONFIG);
  const { trustedIssuers, ...others } = replaced;
  return {
    ...product,
    ...others,
    ...(trustedIssuers !== undefined && { trustedIssuers: () => trustedIssuers }),
  };
}

function withDefaults(env: Environment): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(settings).map(([name, param]) => [name, env[name] ?? String(param.options.default)]),
  );
}

/** Never from a request: its Host is the caller's choice. `npm start` says where the emulator of Hosting listens. */
const hostingUrl = (projectId: string, emulator: boolean, env: Environment) =>
  emulator ? env.GATEHOUSE_HOSTING_URL || 'http://127.0.0.1:5002' : `https://${projectId}.web.app`;

/** The two domains that Hosting gives every site. The site of a project has the project's id. */
const originsOfSite = (site: string) => [`https://${site}.web.app`, `https://${site}.firebaseapp.com`];
