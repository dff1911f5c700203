import assert from 'node:assert/strict';
import { csrfTokenOf } from '../../../src/authn/session-cookie/csrf.ts';
import { Client } from '../../../src/pipeline/client.ts';
import { requestWith } from '../../helpers/credential-request.ts';
import { assertRefused } from '../../helpers/refusal.ts';
import { cookieValue, sessionOf } from '../../helpers/session-port.ts';

const ORIGIN = 'https://app.example.com';
const CONFIG = { allowedOrigins: [ORIGIN], previewSites: [], emulator: false, trustedProxyHops: 2 };
const session = sessionOf(1_800_000_000);

describe('the client of a call', () => {
  const open = (headers: Readonly<Record<string, readonly string[]>>) => {
    const cookies: string[] = [];
    const setCookie = (header: string) => void cookies.push(header);
    return { cookies, client: new Client(CONFIG, { request: requestWith(headers), setCookie }) };
  };

  it('has user agent, cookie and the address at the trusted hop', () => {
    const { client } = open({
      'user-agent': ['Firefox'],
      cookie: [`__session=${cookieValue('a')}`],
      'x-forwarded-for': ['6.6.6.6, 203.0.113.7, 10.0.0.1'],
    });
    assert.deepEqual(
      [client.userAgent, client.address, client.sessionCookie],
      ['Firefox', '203.0.113.7', cookieValue('a')],
    );
  });

  it('has nothing of a request without headers', () => {
    const { client } = open({});
    assert.deepEqual(
      [client.userAgent, client.address, client.sessionCookie],
      [undefined, undefined, undefined],
    );
  });

  it('sets and removes the cookie', () => {
    const { client, cookies } = open({});
    client.setSessionCookie(cookieValue('a'), 60);
    client.clearSessionCookie();
    const attributes = 'Path=/; HttpOnly; Secure; SameSite=Lax';
    assert.deepEqual(cookies, [
      `__session=${cookieValue('a')}; Max-Age=60; ${attributes}`,
      `__session=; Max-Age=0; ${attributes}`,
    ]);
  });

  it('checks origin and CSRF token, of an ended session the origin', async () => {
    const { client: page } = open({ origin: [ORIGIN] });
    page.checkCsrf(undefined);
    await assertRefused(() => page.checkCsrf(session), 'csrf_failed', 'csrf-token-missing');
    open({ origin: [ORIGIN], 'x-csrf-token': [csrfTokenOf(session)] }).client.checkCsrf(session);
    const { client: foreign } = open({ origin: ['https://evil.example'] });
    await assertRefused(() => foreign.checkCsrf(undefined), 'csrf_failed', 'csrf-origin');
  });
});
