import type { CredentialRequest } from '../authn/credential.ts';
import {
  type CookieSettings,
  cookieDomainsOf,
  sessionCookieOf,
  sessionCookiesOf,
  setCookieHeaders,
} from '../authn/session-cookie/cookie.ts';
import { type CsrfCheck, checkCsrf } from '../authn/session-cookie/csrf.ts';
import type { Session } from '../authn/session-cookie/ports.ts';
import type { Config } from '../config.ts';
import { clientAddress } from './client-address.ts';
import { isAllowedOrigin, type OriginRules } from './origin.ts';

type Settings = OriginRules & CookieSettings & Pick<Config, 'trustedProxyHops'>;

interface ClientRequest {
  readonly request: CredentialRequest;
  readonly csrf?: CsrfCheck | undefined;
  readonly setCookie?: ((header: string) => void) | undefined;
}

/**
 * The browser or other client of a call, for the operations of sessions. A class: an object literal with getters would cost
 * each request 2 µs.
 */
export class Client {
  readonly #config: Settings;
  readonly #call: ClientRequest;

  constructor(config: Settings, call: ClientRequest) {
    this.#config = config;
    this.#call = call;
  }

  get userAgent(): string | undefined {
    return this.#call.request.headers('user-agent')[0];
  }

  /** IP address, at the hop of TRUSTED_PROXY_HOPS. */
  get address(): string | undefined {
    return clientAddress(this.#call.request.headers('x-forwarded-for'), this.#config.trustedProxyHops);
  }

  /** The value of a session cookie, not verified. @throws AppError `invalid_request` for two of them */
  get sessionCookie(): string | undefined {
    return sessionCookieOf(this.#call.request);
  }

  /** For signing in and out, which also repair a browser that has several. */
  get sessionCookies(): readonly string[] {
    return sessionCookiesOf(this.#call.request);
  }

  /** Removes every other session cookie, where there are several. @param maxAge seconds until the session ends in any case */
  setSessionCookie(value: string, maxAge: number): void {
    const { request, setCookie } = this.#call;
    const others = this.sessionCookies.length > 1 ? cookieDomainsOf(request) : [];
    for (const header of setCookieHeaders(value, maxAge, this.#config, others)) setCookie?.(header);
  }

  clearSessionCookie(): void {
    this.setSessionCookie('', 0);
  }

  /**
   * Checks the page of a change with the session cookie, for an operation that is public because an ended session passes, too.
   *
   * @param session of the cookie; undefined: it has ended, and only the origin is checked
   * @throws AppError `csrf_failed`
   */
  checkCsrf(session: Pick<Session, 'id' | 'csrfKey'> | undefined): void {
    const { request, csrf: check } = this.#call;
    checkCsrf({
      ...{ request, check, session },
      isAllowedOrigin: (origin, fetchSite) => isAllowedOrigin(this.#config, origin, fetchSite),
    });
  }
}
