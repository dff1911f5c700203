import assert from 'node:assert/strict';

/** Where the pages of tests come from. */
export const ORIGIN = 'https://app.example.com';

/** The parts of a response that the session tests check. */
export interface BrowserAnswer {
  readonly status: number;
  /** Of a problem. */
  readonly code?: string;
  readonly body: Record<string, unknown>;
  readonly headers: Headers;
  /** The lines of `Set-Cookie`. */
  readonly setCookie: readonly string[];
}

interface Sending {
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: object;
}

/**
 * A page in cookie mode: keeps the cookie `__session`, and sends `Origin` and the CSRF token with unsafe methods. It has no
 * other storage.
 */
export interface SessionBrowser {
  /** The value of the cookie; undefined without one. A test may set it. */
  cookie: string | undefined;
  /** Of the last `refresh`. */
  csrfToken: string | undefined;
  /** Starts a session by an ID token, and reads the CSRF token. @throws AssertionError when it was refused */
  signIn(token: string): Promise<void>;
  /** `GET /sessions/current`, as after a reload of the page. */
  refresh(): Promise<BrowserAnswer>;
  /** @param route e.g. `GET /me` */
  send(route: string, sending?: Sending): Promise<BrowserAnswer>;
}

const SET_SESSION = /^__session=([^;]*)/;

/**
 * @param url base URL of the API, e.g. `http://127.0.0.1:5001/v1`
 * @param origin of the page; it must be allowed
 */
export function openBrowser(url: string, origin: string = ORIGIN): SessionBrowser {
  const browser: SessionBrowser = {
    cookie: undefined,
    csrfToken: undefined,
    async signIn(token) {
      const answer = await browser.send('POST /sessions', { headers: { Authorization: `Bearer ${token}` } });
      assert.equal(answer.status, 200, JSON.stringify(answer.body));
      assert.ok(browser.cookie, 'no cookie was set');
      assert.equal((await browser.refresh()).status, 200);
    },
    async refresh() {
      const answer = await browser.send('GET /sessions/current');
      const { csrfToken } = answer.body;
      browser.csrfToken = typeof csrfToken === 'string' ? csrfToken : undefined;
      return answer;
    },
    async send(route, { headers = {}, body } = {}) {
      const [method = '', path = ''] = route.split(' ');
      const isSafe = method === 'GET' || method === 'HEAD';
      const { cookie, csrfToken } = browser;
      const response = await fetch(url + path, {
        method,
        headers: {
          // Production's front end adds it.
          'X-Forwarded-Proto': 'https',
          ...(cookie !== undefined && { Cookie: `__session=${cookie}` }),
          ...(!isSafe && { Origin: origin, ...(csrfToken && { 'X-CSRF-Token': csrfToken }) }),
          ...(body && { 'Content-Type': 'application/json' }),
          ...headers,
        },
        ...(body && { body: JSON.stringify(body) }),
      });
      const text = await response.text();
      const setCookie = response.headers.getSetCookie();
      for (const line of setCookie) {
        const value = SET_SESSION.exec(line)?.[1];
        if (value !== undefined) browser.cookie = value === '' ? undefined : value;
      }
      const parsed: Record<string, unknown> = text === '' ? {} : JSON.parse(text);
      const code = response.status >= 400 ? { code: String(parsed.code) } : {};
      return { status: response.status, ...code, body: parsed, headers: response.headers, setCookie };
    },
  };
  return browser;
}
