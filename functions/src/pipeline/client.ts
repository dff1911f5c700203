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

/** The browser or other client of a call, for the operations of sessions. */
export interface Client {
  readonly userAgent: string | undefined;
  /** IP address, at the hop of TRUSTED_PROXY_HOPS. */
  readonly address: string | undefined;
  /** The value of a session cookie, not verified. @throws AppError `invalid_request` for two of them */
  readonly sessionCookie: string | undefined;
  /** For signing in and out, which also repair a browser that has several. */
  readonly sessionCookies: readonly string[];
  /** Removes every other session cookie, where there are several. @param maxAge seconds until the session ends in any case */
  setSessionCookie(value: string, maxAge: number): void;
  clearSessionCookie(): void;
  /**
   * Checks the page of a change with the session cookie, for an operation that is public because an ended session passes, too.
   *
   * @param session of the cookie; undefined: it has ended, and only the origin is checked
   * @throws AppError `csrf_failed`
   */
  checkCsrf(session: Pick<Session, 'id' | 'csrfKey'> | undefined): void;
}

type Settings = OriginRules & CookieSettings & Pick<Config, 'trustedProxyHops'>;

interface ClientRequest {
  readonly request: CredentialRequest;
  readonly csrf?: CsrfCheck | undefined;
  readonly setCookie?: ((header: string) => void) | undefined;
}

/** A class: an object literal with getters would cost each request 2 µs. */
export class CallClient implements Client {
  readonly #config: Settings;
  readonly #call: ClientRequest;

  constructor(config: Settings, call: ClientRequest) {
    this.#config = config;
    this.#call = call;
  }

  get userAgent() {
    return this.#call.request.headers('user-agent')[0];
  }

  get address() {
    return clientAddress(this.#call.request.headers('x-forwarded-for'), this.#config.trustedProxyHops);
  }

  get sessionCookie() {
    return sessionCookieOf(this.#call.request);
  }

  get sessionCookies() {
    return sessionCookiesOf(this.#call.request);
  }

  setSessionCookie(value: string, maxAge: number): void {
    const { request, setCookie } = this.#call;
    const others = sessionCookiesOf(request).length > 1 ? cookieDomainsOf(request) : [];
    for (const header of setCookieHeaders(value, maxAge, this.#config, others)) setCookie?.(header);
  }

  clearSessionCookie(): void {
    this.setSessionCookie('', 0);
  }

  checkCsrf(session: Pick<Session, 'id' | 'csrfKey'> | undefined): void {
    const { request, csrf: check } = this.#call;
    checkCsrf({
      ...{ request, check, session },
      isAllowedOrigin: (origin, fetchSite) => isAllowedOrigin(this.#config, origin, fetchSite),
    });
  }
}
