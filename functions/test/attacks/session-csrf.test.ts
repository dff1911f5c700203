import assert from 'node:assert/strict';
import { type Api, ORIGIN, openApi } from '../helpers/api.ts';
import { assertProblem, HTTPS, type RawResponse, sendRaw } from '../helpers/responses.ts';
import { openBrowser, type SessionBrowser } from '../helpers/session-browser.ts';
import { type InstanceServer, serveInstance } from '../helpers/session-server.ts';
import { call, openCallables } from '../unit/callable/call.ts';

/** Requests that a page of an attacker makes with the cookie of its visitor. */

const PREVIEW = 'https://gatehouse-test--pr-1-abc123.web.app';

/** Values of `Origin` that are not of the app at `https://app.example.com`. */
const FOREIGN_ORIGINS = {
  'another site': 'https://evil.example',
  'a sandboxed frame or a file': 'null',
  'a suffix': 'https://app.example.com.evil.example',
  'a prefix': 'https://evil-app.example.com',
  'another port': 'https://app.example.com:8443',
  'plain HTTP': 'http://app.example.com',
  'a subdomain': 'https://x.app.example.com',
  'user info': 'https://app.example.com@evil.example',
  'upper case': 'https://APP.example.com',
  'a trailing slash': 'https://app.example.com/',
  'two origins': 'https://app.example.com https://evil.example',
  'an empty value': '',
} as const;

type HeaderLine = readonly [string, string];

describe('cross-site requests with a session cookie', () => {
  let api: Api;
  let victim: SessionBrowser;
  before(async () => {
    api = await openApi();
  });
  after(() => api.close());
  beforeEach(async () => {
    victim = openBrowser(`http://127.0.0.1:${api.port}/v1`);
    await victim.signIn(api.token('member'));
  });

  const NOTE = '{"title":"t","body":"b"}';

  /** `POST /notes` with the victim's cookie and these headers. */
  function post(
    headers: readonly HeaderLine[],
    body = NOTE,
    type = 'application/json',
  ): Promise<RawResponse> {
    return sendRaw(api.port, {
      ...{ method: 'POST', path: '/v1/notes', body },
      headers: [
        HTTPS,
        ['Cookie', `__session=${victim.cookie}`],
        ['Content-Type', type],
        ['Content-Length', String(Buffer.byteLength(body))],
        ...headers,
      ],
    });
  }
  const notes = async () => (await api.firestore.db.collection('notes').get()).size;
  const tokenLine = (): HeaderLine => ['X-CSRF-Token', victim.csrfToken ?? assert.fail()];

  async function assertNoEffect(response: RawResponse, code: string, before: number): Promise<void> {
    assertProblem(response, 403, code);
    assert.equal(await notes(), before);
  }

  it('accepts the page itself, so that the refusals below mean something', async () => {
    const before = await notes();
    assert.equal((await post([['Origin', ORIGIN], tokenLine()])).status, 201);
    assert.equal((await post([['Sec-Fetch-Site', 'same-origin'], tokenLine()])).status, 201);
    assert.equal(await notes(), before + 2);
  });

  for (const [name, origin] of Object.entries(FOREIGN_ORIGINS)) {
    it(`refuses a request from ${name}, even with the CSRF token`, async () => {
      const before = await notes();
      await assertNoEffect(await post([['Origin', origin], tokenLine()]), 'origin_denied', before);
    });
  }

  it('refuses a preview channel of the own project when another site asks in its name', async () => {
    const before = await notes();
    for (const site of ['cross-site', 'same-site', 'none', 'SAME-ORIGIN']) {
      const response = await post([['Origin', PREVIEW], ['Sec-Fetch-Site', site], tokenLine()]);
      await assertNoEffect(response, 'origin_denied', before);
    }
  });

  it('refuses a request without Origin unless Sec-Fetch-Site is same-origin', async () => {
    const before = await notes();
    await assertNoEffect(await post([tokenLine()]), 'csrf_failed', before);
    for (const site of ['cross-site', 'same-site', 'none', 'Same-Origin', '', 'same-origin, cross-site']) {
      await assertNoEffect(await post([['Sec-Fetch-Site', site], tokenLine()]), 'csrf_failed', before);
    }
  });

  it('refuses the cookie alone, a wrong token and the token of another session', async () => {
    const before = await notes();
    const other = openBrowser(`http://127.0.0.1:${api.port}/v1`);
    await other.signIn(api.token('member'));
    const own = victim.csrfToken ?? assert.fail();
    const wrong = [
      undefined,
      other.csrfToken ?? assert.fail(),
      '',
      own.slice(0, -1),
      `${own}A`,
      own.toUpperCase(),
      `${own}, ${own}`,
      victim.cookie ?? assert.fail(),
    ];
    for (const token of wrong) {
      const lines: HeaderLine[] = token === undefined ? [] : [['X-CSRF-Token', token]];
      await assertNoEffect(await post([['Origin', ORIGIN], ...lines]), 'csrf_failed', before);
    }
    const twice = await post([['Origin', ORIGIN], tokenLine(), tokenLine()]);
    await assertNoEffect(twice, 'csrf_failed', before);
  });

  it('takes the CSRF token from no query, body or cookie', async () => {
    const token = victim.csrfToken ?? assert.fail();
    const headers: HeaderLine[] = [
      HTTPS,
      ['Cookie', `__session=${victim.cookie}; csrf=${token}; X-CSRF-Token=${token}`],
      ['Origin', ORIGIN],
      ['Content-Type', 'application/json'],
    ];
    const body = JSON.stringify({ title: 't', body: 'b', csrfToken: token });
    const path = `/v1/notes?csrf=${token}&X-CSRF-Token=${token}`;
    const response = await sendRaw(api.port, {
      ...{ method: 'POST', path, body },
      headers: [...headers, ['Content-Length', String(body.length)]],
    });
    assertProblem(response, 403, 'csrf_failed');
  });

  it('refuses what an HTML form can send without a preflight request', async () => {
    const before = await notes();
    for (const type of [
      'text/plain',
      'application/x-www-form-urlencoded',
      'multipart/form-data; boundary=x',
    ]) {
      const response = await post(
        [['Origin', 'https://evil.example']],
        `{"title":"t","x":"=","body":"b"}`,
        type,
      );
      await assertNoEffect(response, 'origin_denied', before);
      const sameOrigin = await post([['Origin', ORIGIN], tokenLine()], NOTE, type);
      assert.equal(sameOrigin.status, 415);
    }
    assert.equal(await notes(), before);
  });

  it('needs the token for every unsafe method of every operation that takes the cookie', async () => {
    const unsafe = api.deps.operations.filter(
      ({ operation }) =>
        operation.http.method !== 'get' && operation.access !== 'public' && !isBearerOnly(operation),
    );
    assert.ok(unsafe.length > 10);
    for (const { operation } of unsafe) {
      const { method, path } = operation.http;
      const response = await sendRaw(api.port, {
        ...{ method: method.toUpperCase(), path: `/v1${path.replaceAll(/:\w+/g, 'x')}`, body: '{}' },
        headers: [
          HTTPS,
          ['Cookie', `__session=${victim.cookie}`],
          ['Origin', ORIGIN],
          ['Content-Type', 'application/json'],
          ['Content-Length', '2'],
        ],
      });
      assert.deepEqual([operation.name, codeOf(response)], [operation.name, 'csrf_failed']);
    }
  });

  it('lets no page of another site read who is signed in, or the CSRF token', async () => {
    for (const path of ['/v1/me', '/v1/sessions/current']) {
      const response = await sendRaw(api.port, {
        path,
        headers: [HTTPS, ['Cookie', `__session=${victim.cookie}`], ['Origin', 'https://evil.example']],
      });
      assertProblem(response, 403, 'origin_denied');
      assert.equal(response.headers['access-control-allow-origin'], undefined);
      assert.equal(response.headers['access-control-allow-credentials'], undefined);
      assert.ok(!response.text.includes(victim.csrfToken ?? assert.fail()));
    }
  });

  it('refuses login CSRF: no request without an Authorization header starts a session', async () => {
    const attacker = api.token('support');
    const attempts: { body?: string; path?: string; headers: HeaderLine[] }[] = [
      { headers: [] },
      { headers: [['Cookie', `__session=${victim.cookie}`]] },
      { headers: [['Cookie', `__session=${attacker}`]] },
      { headers: [], path: `/v1/sessions?token=${attacker}` },
      { headers: [['Content-Type', 'text/plain']], body: JSON.stringify({ token: attacker }) },
      {
        headers: [['Content-Type', 'application/x-www-form-urlencoded']],
        body: `authorization=Bearer+${attacker}`,
      },
    ];
    for (const { headers, path = '/v1/sessions', body = '' } of attempts) {
      const length: HeaderLine[] = body === '' ? [] : [['Content-Length', String(body.length)]];
      for (const origin of [ORIGIN, 'https://evil.example']) {
        const response = await sendRaw(api.port, {
          ...{ method: 'POST', path, body },
          headers: [HTTPS, ['Origin', origin], ...headers, ...length],
        });
        assert.ok(response.status >= 400 && response.status < 500, `${response.status} ${path}`);
        assert.equal(response.headers['set-cookie'], undefined);
      }
    }
    const withToken = await sendRaw(api.port, {
      ...{ method: 'POST', path: '/v1/sessions' },
      headers: [HTTPS, ['Origin', 'https://evil.example'], ['Authorization', `Bearer ${attacker}`]],
    });
    assertProblem(withToken, 403, 'origin_denied');
    assert.equal(withToken.headers['set-cookie'], undefined);
  });

  it('ends no session by a request of another site', async () => {
    const sent: HeaderLine[][] = [
      [['Origin', 'https://evil.example']],
      [],
      [['Sec-Fetch-Site', 'cross-site']],
    ];
    for (const headers of sent) {
      const response = await sendRaw(api.port, {
        ...{ method: 'DELETE', path: '/v1/sessions/current' },
        headers: [HTTPS, ['Cookie', `__session=${victim.cookie}`], ...headers],
      });
      assert.equal(response.status, 403);
      assert.equal(response.headers['set-cookie'], undefined);
    }
    assert.equal((await victim.send('GET /me')).status, 200);
  });
});

const codeOf = ({ text }: RawResponse) => (text === '' ? '' : JSON.parse(text).code);
const isBearerOnly = (operation: object) => Reflect.get(operation, 'credentials') === 'bearer';

describe('callables with a session cookie', () => {
  let api: Api;
  let server: InstanceServer;
  let victim: SessionBrowser;
  before(async () => {
    api = await openCallables();
    server = await serveInstance(api.deps);
    victim = server.browser();
    await victim.signIn(api.token('member'));
  });
  after(async () => {
    await server.close();
    await api.close();
  });

  async function callMe(headers: readonly HeaderLine[]): Promise<string> {
    const { status, text } = await call(api, 'getMyAccess', null, {
      headers: [['Cookie', `__session=${victim.cookie}`], ...headers],
    });
    const { error, result } = JSON.parse(text);
    return status === 200 ? String(result.uid) : String(error.details.code);
  }

  it('accept it from an allowed origin, with or without the CSRF token', async () => {
    const token: HeaderLine = ['X-CSRF-Token', victim.csrfToken ?? assert.fail()];
    assert.equal(await callMe([['Origin', ORIGIN]]), 'member');
    assert.equal(await callMe([['Origin', ORIGIN], token]), 'member');
    assert.equal(await callMe([['Sec-Fetch-Site', 'same-origin']]), 'member');
  });

  it('refuse another origin, no origin and a wrong CSRF token', async () => {
    assert.equal(await callMe([]), 'csrf_failed');
    assert.equal(await callMe([['Sec-Fetch-Site', 'cross-site']]), 'csrf_failed');
    assert.equal(
      await callMe([
        ['Origin', ORIGIN],
        ['X-CSRF-Token', 'wrong'],
      ]),
      'csrf_failed',
    );
    for (const origin of Object.values(FOREIGN_ORIGINS)) {
      assert.equal(await callMe([['Origin', origin]]), 'origin_denied', origin);
    }
  });

  it('refuse what an HTML form can send', async () => {
    for (const type of ['text/plain', 'application/x-www-form-urlencoded']) {
      const { status } = await call(api, 'getMyAccess', null, {
        ...{ type, headers: [['Cookie', `__session=${victim.cookie}`]] },
      });
      assert.ok(status >= 400, `${status} for ${type}`);
    }
  });
});
