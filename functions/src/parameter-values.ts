import * as z from 'zod';
import { LOCAL_HOST } from './core/local-host.ts';

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

const LOCAL = new RegExp(`^${LOCAL_HOST}$`);

/** The scheme of an app shell, like Capacitor's. `URL` knows no origin for these: it is "null". */
const APP_SHELL =
  /^(?!(https?|wss?|ftp|file|blob|data|about|javascript):)[a-z][a-z0-9+.-]*:\/\/[a-z0-9-]+(\.[a-z0-9-]+)*(:\d+)?$/;

/** What a browser sends as `Origin`: scheme, host and port, lower-case, nothing else (RFC 6454 §7). */
const origin = z.string().refine((text) => {
  if (APP_SHELL.test(text)) return true;
  const url = URL.parse(text);
  return (
    url?.origin === text &&
    !text.includes('*') &&
    (url.protocol === 'https:' || (url.protocol === 'http:' && LOCAL.test(url.hostname)))
  );
}, 'is not an origin like https://app.example.com or capacitor://localhost; http is for localhost only');

/** Also a label of a domain name. */
const hostingSite = z.string().regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, 'is not the id of a Hosting site like shop');

/** Two labels or more. Browsers accept no cookie for these domains of Google, which projects share: https://publicsuffix.org */
const OWN_DOMAIN =
  /^$|^(?!(.*\.)?(web\.app|firebaseapp\.com|hosted\.app|run\.app|cloudfunctions\.net)$)([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]([a-z0-9-]*[a-z0-9])?$/;

/** Of an Android app: https://developer.android.com/identity/credential-manager/prerequisites */
const ANDROID_APP = /^android:apk-key-hash:[\w-]{43}$/;

const passkeyOrigin = z
  .string()
  .refine(
    (text) => ANDROID_APP.test(text) || (text.startsWith('https:') && URL.parse(text)?.origin === text),
    'is not an origin like https://shop.example or android:apk-key-hash:<43 characters>',
  );

const headerName = z.string().regex(/^[\w-]+$/, 'is not the name of a header like traceparent');

/** Segments that no router, Hosting (`/__/`) or the page's sign-in in the emulator gives a meaning of their own. */
const BASE_PATH = /^(?!\/v1\/)(\/[A-Za-z0-9][\w-]*)+$/;

const DOCS_URL = /^$|^https:\/\/[\w.-]+(:\d+)?(\/[\w.~-]+)+$/;

const flag = z.enum(['true', 'false']).transform((text) => text === 'true');

const wholeNumber = (min: number, max: number) =>
  z.string().regex(/^\d+$/, 'is not a whole number').transform(Number).pipe(z.int().min(min).max(max));

/** https://firebase.google.com/docs/firestore/manage-databases#database_id */
const DATABASE_ID = /^(\(default\)|[a-z][a-z0-9-]{2,61}[a-z0-9])$/;

/** The values of the parameters, which are texts in the environment. */
export const parameterValues = z.object({
  ALLOWED_ORIGINS: commaSeparated(origin),
  HOSTING_SITES: commaSeparated(hostingSite),
  PREVIEW_CHANNELS: flag,
  ALLOWED_HEADERS: commaSeparated(headerName),
  HSTS_INCLUDE_SUBDOMAINS: flag,
  BASE_PATH: z.string().regex(BASE_PATH, 'is not a path like /api/v1, outside of /v1/'),
  ERROR_DOCS_URL: z.string().regex(DOCS_URL, 'is not a URL like https://shop.example.com/api/v1/errors'),
  INVITATION_URL: z.string(),
  SESSION_COOKIE_DOMAIN: z
    .string()
    .regex(OWN_DOMAIN, 'is not a domain of your own like example.com, without a dot in front'),
  PASSKEY_RP_ID: z
    .string()
    .regex(OWN_DOMAIN, 'is not a domain of your own like example.com, without a dot in front'),
  PASSKEY_ORIGINS: commaSeparated(passkeyOrigin),
  ENFORCEMENT: z.enum(['enforce', 'shadow']),
  APP_CHECK: flag,
  APP_CHECK_CONSUME: flag,
  ACCESS_CHANGE_MAX_AGE: wholeNumber(1, 60),
  BEHIND_GATEWAY: flag,
  TRUSTED_PROXY_HOPS: wholeNumber(1, 9),
  AUDIT_RETENTION_DAYS: wholeNumber(1, 3650),
  DATABASE_ID: z.string().regex(DATABASE_ID, 'is not an id like gatehouse'),
});
