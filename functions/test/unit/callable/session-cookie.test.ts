import assert from 'node:assert/strict';
import { deleteApp, initializeApp } from 'firebase/app';
import { getFunctions, httpsCallable } from 'firebase/functions';
import { csrfTokenOf } from '../../../src/authn/session-cookie/csrf.ts';
import { type Api, ORIGIN } from '../../helpers/api.ts';
import { HTTPS } from '../../helpers/responses.ts';
import {
  cookieValue,
  openSessionPort,
  readSessionOf,
  type SessionPort,
  sessionOf,
  withSessions,
} from '../../helpers/session-port.ts';
import { assertRefused, assertResult, call, openCallables } from './call.ts';

const session = sessionOf(Math.floor(Date.now() / 1000), {
  subject: 'member',
  directoryId: 'member',
  uid: 'member',
});
const COOKIE = ['Cookie', `__session=${cookieValue('a')}`] as const;
const PAGE = ['Origin', ORIGIN] as const;
const SAME_ORIGIN = ['Sec-Fetch-Site', 'same-origin'] as const;
const token = (value: string) => ['X-CSRF-Token', value] as const;
const FORGED = [403, 'PERMISSION_DENIED', 'csrf_failed'] as const;

describe('callables: session cookie', () => {
  let api: Api;
  let port: SessionPort;
  before(async () => {
    port = openSessionPort();
    port.put('a', readSessionOf(session));
    api = await openCallables({ rewire: (deps) => withSessions(deps, port) });
  });
  after(() => api.close());
  const getMe = (...headers: (readonly [string, string])[]) =>
    call(api, 'getMyAccess', null, { headers: [COOKIE, ...headers] });

  it('authenticates a page of an allowed origin, which cannot send the CSRF token', async () => {
    for (const origin of [PAGE, SAME_ORIGIN]) assert.equal(assertResult(await getMe(origin)).uid, 'member');
    assertResult(await getMe(PAGE, token(csrfTokenOf(session))));
  });

  it('serves the Firebase SDK of a page on the same origin, as through a Hosting rewrite', async () => {
    const app = initializeApp({ projectId: 'shop' }, 'cookie-mode');
    const real = globalThis.fetch;
    // What a browser adds to a request on the same origin, and the proxy in front.
    globalThis.fetch = (url, init) => {
      const headers = new Headers(init?.headers);
      for (const [name, value] of [COOKIE, PAGE, SAME_ORIGIN, HTTPS]) headers.set(name, value);
      return real(url, { ...init, headers });
    };
    try {
      const functions = getFunctions(app, `http://127.0.0.1:${api.port}`);
      const { data } = await httpsCallable<null, { uid: string }>(functions, 'getMyAccess')(null);
      assert.equal(data.uid, 'member');
    } finally {
      globalThis.fetch = real;
      await deleteApp(app);
    }
  });

  it('refuses other pages, and a wrong CSRF token', async () => {
    assertRefused(await getMe(), FORGED);
    assertRefused(await getMe(['Sec-Fetch-Site', 'same-site']), FORGED);
    assertRefused(await getMe(PAGE, token('x')), FORGED);
    assertRefused(await getMe(['Origin', 'null']), [403, 'PERMISSION_DENIED', 'origin_denied']);
  });

  it('refuses the cookie beside a token', async () => {
    const both = await call(api, 'getMyAccess', null, { as: 'member', headers: [COOKIE, PAGE] });
    assertRefused(both, [400, 'INVALID_ARGUMENT', 'invalid_request']);
  });

  it('answers with a rotated cookie, which only this page gets', async () => {
    const value = cookieValue('rotated');
    port.renewal = () => ({ ...readSessionOf(session), value });
    const { headers } = await getMe(PAGE);
    assert.match(String(headers['set-cookie']), new RegExp(`^__session=${value}; Max-Age=`));
    assert.equal(headers['cache-control'], 'private, no-store');
    assert.equal(headers['access-control-allow-credentials'], 'true');
  });
});
