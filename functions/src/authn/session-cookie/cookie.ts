import { stringifySetCookie } from 'cookie';
import { severalCredentials } from '../../core/errors.ts';
import type { CredentialRequest } from '../credential.ts';

/** The only cookie that Hosting forwards: https://firebase.google.com/docs/hosting/manage-cache#using_cookies */
const NAME = '__session';

/** A prefix of ours and 256 random bits, base64url. The value of another application is ignored. */
const VALUE = /^gs1_[\w-]{43}$/;

/**
 * The session cookie of a request.
 *
 * @throws AppError `invalid_request` for two of them
 */
export function sessionCookieOf(request: CredentialRequest): string | undefined {
  const [found, ...others] = sessionCookiesOf(request);
  if (others.length > 0) throw severalCredentials('Send one session cookie, not several.');
  return found;
}

/** All session cookies of a request. Another host of the domain may have set one, or an earlier SESSION_COOKIE_DOMAIN. */
export function sessionCookiesOf({ headers }: CredentialRequest): string[] {
  const found: string[] = [];
  for (const line of headers('cookie')) {
    if (!line.includes(NAME)) continue;
    for (const pair of line.split(';')) {
      const at = pair.indexOf('=');
      if (pair.slice(0, at).trim() !== NAME) continue;
      const value = pair.slice(at + 1).trim();
      if (VALUE.test(value)) found.push(value);
    }
  }
  return found;
}

/** What the attributes of the cookie depend on. */
export interface CookieSettings {
  readonly emulator: boolean;
  /** SESSION_COOKIE_DOMAIN. undefined: only the host that sets the cookie gets it. */
  readonly sessionCookieDomain?: string | undefined;
}

/**
 * The `Set-Cookie` headers of a session. With a domain, one more removes the cookie of this host alone, which may be older
 * than the setting: browsers would send both.
 *
 * @param maxAge seconds until the absolute end of the session; 0 removes the cookie
 * @param others domains from which the cookie is removed first
 */
export function setCookieHeaders(
  value: string,
  maxAge: number,
  { emulator, sessionCookieDomain: domain }: CookieSettings,
  others: readonly string[] = [],
): string[] {
  // The pages of the emulator are http, where Safari drops a cookie that is `Secure`.
  const cookie = { name: NAME, path: '/', httpOnly: true, sameSite: 'lax', secure: !emulator } as const;
  const removeFrom = (from?: string) =>
    stringifySetCookie({ ...cookie, value: '', maxAge: 0, ...(from !== undefined && { domain: from }) });
  return [
    ...others.map(removeFrom),
    ...(domain === undefined ? [] : [removeFrom()]),
    stringifySetCookie({ ...cookie, value, maxAge, ...(domain !== undefined && { domain }) }),
  ];
}

const HOST = /^([a-z0-9-]+\.)+[a-z][a-z0-9-]*$/;

/** The domains for which this host could have got a cookie: `a.example.com` → itself and `example.com`. */
export function cookieDomainsOf({ headers }: CredentialRequest): string[] {
  // Hosting puts the host that the browser used into the first header.
  const [host = ''] = [...headers('x-forwarded-host'), ...headers('host')];
  const name = host.toLowerCase().replace(/:\d+$/, '');
  if (!HOST.test(name)) return [];
  const labels = name.split('.');
  return labels.slice(1).map((_label, at) => labels.slice(at).join('.'));
}
