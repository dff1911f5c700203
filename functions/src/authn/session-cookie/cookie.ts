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
 * @throws AppError `invalid_request` for two of them: another host of the domain may have set one
 */
export function sessionCookieOf({ headers }: CredentialRequest): string | undefined {
  let found: string | undefined;
  for (const line of headers('cookie')) {
    if (!line.includes(NAME)) continue;
    for (const pair of line.split(';')) {
      const at = pair.indexOf('=');
      if (pair.slice(0, at).trim() !== NAME) continue;
      const value = pair.slice(at + 1).trim();
      if (!VALUE.test(value)) continue;
      if (found !== undefined) throw severalCredentials('Send one session cookie, not several.');
      found = value;
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
 */
export function setCookieHeaders(
  value: string,
  maxAge: number,
  { emulator, sessionCookieDomain: domain }: CookieSettings,
): string[] {
  // The pages of the emulator are http, where Safari drops a cookie that is `Secure`.
  const cookie = { name: NAME, path: '/', httpOnly: true, sameSite: 'lax', secure: !emulator } as const;
  if (domain === undefined) return [stringifySetCookie({ ...cookie, value, maxAge })];
  return [
    stringifySetCookie({ ...cookie, value: '', maxAge: 0 }),
    stringifySetCookie({ ...cookie, value, maxAge, domain }),
  ];
}
