import assert from 'node:assert/strict';
import { csrfTokenOf } from '../../../src/authn/session-cookie/csrf.ts';
import { unavailable } from '../../../src/core/errors.ts';
import { type Api, ORIGIN, openApi } from '../../helpers/api.ts';
import { assertProblem, HTTPS, sendRaw } from '../../helpers/responses.ts';
import {
  cookieValue,
  openSessionPort,
  readSessionOf,
  type SessionPort,
  sessionOf,
  withSessions,
} from '../../helpers/session-port.ts';

type Lines = readonly (readonly [name: string, value: string])[];

const COOKIE = ['Cookie', `theme=dark; __session=${cookieValue('a')}`] as const;
const NOW = Math.floor(Date.now() / 1000);
const session = sessionOf(NOW, { directoryId: 'member', subject: 'member', uid: 'member' });
const CSRF = ['X-CSRF-Token', csrfTokenOf(session)] as const;
const PAGE = ['Origin', ORIGIN] as const;

describe('http: session cookie', () => {
  let api: Api;
  let port: SessionPort;
  before(async () => {
    port = openSessionPort();
    api = await openApi({ rewire: (deps) => withSessions(deps, port) });
  });
  after(() => api.close());
  let mark = 0;
  let cookie: readonly [string, string];
  beforeEach(() => {
    port.renewal = undefined;
    api.lines.splice(0);
    // Another one each time: sessions stay in memory.
    mark += 1;
    cookie = ['Cookie', `theme=dark; __session=${cookieValue(String(mark))}`];
    port.put(String(mark), readSessionOf(session));
  });

  const send = (method: string, path: string, headers: Lines, body?: object) => {
    const text = body && JSON.stringify(body);
    const content = text
      ? ([
          ['Content-Type', 'application/json'],
          ['Content-Length', String(Buffer.byteLength(text))],
        ] as const)
      : [];
    return sendRaw(api.port, {
      method,
      path,
      headers: [HTTPS, ...headers, ...content],
      ...(text && { body: text }),
    });
  };
  const getMe = (headers: Lines) => send('GET', '/v1/me', headers);
  const addNote = (headers: Lines) => send('POST', '/v1/notes', headers, { title: 'a', body: 'b' });

  it('authenticates a read without further headers', async () => {
    const { status, text, headers } = await getMe([cookie]);
    assert.equal(status, 200, text);
    assert.equal(JSON.parse(text).uid, 'member');
    assert.equal(api.lines.at(-1)?.session, session.id);
    assert.equal(headers['set-cookie'], undefined);
  });

  it('authenticates a change of an allowed page with the CSRF token', async () => {
    const { status, text } = await addNote([cookie, PAGE, CSRF]);
    assert.equal(status, 201, text);
  });

  const forged: [what: string, headers: Lines, reason: string][] = [
    ['without Origin and token', [], 'csrf-origin'],
    ['with the token alone', [CSRF], 'csrf-origin'],
    ['of a page on another subdomain', [['Sec-Fetch-Site', 'same-site'], CSRF], 'csrf-origin'],
    ['without a token', [PAGE], 'csrf-token-missing'],
    ['with the token of another session', [PAGE, ['X-CSRF-Token', 'x'.repeat(43)]], 'csrf-token-wrong'],
    ['with two tokens', [PAGE, CSRF, CSRF], 'csrf-token-wrong'],
  ];
  for (const [what, headers, reason] of forged) {
    it(`refuses a change ${what}, with the reason in the log only`, async () => {
      const answer = await addNote([cookie, ...headers]);
      assertProblem(answer, 403, 'csrf_failed');
      const { reason: logged, subject, session: id } = api.lines.at(-1) ?? assert.fail();
      assert.deepEqual([logged, subject, id], [reason, 'member', session.id]);
      assert.ok(!answer.text.includes(reason));
    });
  }

  it('refuses pages of other origins before anything else', async () => {
    for (const origin of ['null', `${ORIGIN}.evil.com`, 'http://app.example.com']) {
      assertProblem(await addNote([cookie, ['Origin', origin], CSRF]), 403, 'origin_denied');
    }
  });

  it('refuses a form that a page of another site submits', async () => {
    const body = 'title=a&text=b';
    for (const type of [
      'application/x-www-form-urlencoded',
      'text/plain',
      'multipart/form-data; boundary=x',
    ]) {
      const { status } = await sendRaw(api.port, {
        method: 'POST',
        path: '/v1/notes',
        headers: [HTTPS, cookie, ['Content-Type', type], ['Content-Length', String(body.length)]],
        body,
      });
      assert.ok([403, 415].includes(status), `${type}: ${status}`);
    }
  });

  it('refuses a cookie beside a token, and two cookies', async () => {
    const authorization = ['Authorization', `Bearer ${api.token('member')}`] as const;
    assertProblem(await getMe([cookie, authorization]), 400, 'invalid_request');
    assertProblem(await getMe([cookie, ['Authorization', 'Basic YTpi']]), 400, 'invalid_request');
    assertProblem(await getMe([cookie, COOKIE]), 400, 'invalid_request');
  });

  it('lets a token pass beside a __session of another application', async () => {
    const { status } = await api.as('member').get('/v1/me').set('Cookie', '__session=theirs');
    assert.equal(status, 200);
    assertProblem(await getMe([['Cookie', '__session=theirs']]), 401, 'unauthenticated');
  });

  it('refuses an ended session everywhere but on public routes, and never removes the cookie', async () => {
    port.end(String(mark));
    const refused = await getMe([cookie]);
    assertProblem(refused, 401, 'invalid_token');
    // The late answer to an old request would remove the cookie of a new sign-in.
    assert.equal(refused.headers['set-cookie'], undefined);
    assert.equal((await send('GET', '/v1/health', [cookie])).status, 200);
  });

  it('reads session and record for a privileged operation, and refuses an ended one at once', async () => {
    // The change itself is decided on the entry of the caller, which the first request creates.
    await api.as('admin').get('/v1/me');
    const admin = { directoryId: 'admin', subject: 'admin', uid: 'admin' };
    port.put(String(mark), readSessionOf({ ...session, ...admin }, { grants: [{ role: 'admin' }] }));
    assert.equal((await getMe([cookie])).status, 200);
    const disable = () => send('PATCH', '/v1/users/auditor', [cookie, PAGE, CSRF], { disabled: false });
    assert.equal((await disable()).status, 200);
    port.end(String(mark));
    assertProblem(await disable(), 401, 'invalid_token');
    assertProblem(await getMe([cookie]), 401, 'invalid_token');
  });

  it('answers with the rotated cookie', async () => {
    const value = cookieValue(`rotated ${mark}`);
    port.renewal = () => ({ ...readSessionOf(session), value });
    const { status, headers } = await getMe([cookie]);
    assert.equal(status, 200);
    assert.match(
      String(headers['set-cookie']),
      new RegExp(`^__session=${value}; Max-Age=\\d+; Path=/; HttpOnly; Secure; SameSite=Lax$`),
    );
    assert.equal(headers['cache-control'], 'private, no-store');
    assert.equal(port.renewals.at(-1)?.canRotate, true);
  });

  it('renews no session for a refused request', async () => {
    const before = port.renewals.length;
    port.renewal = () => assert.fail('renewed');
    assertProblem(await addNote([cookie, PAGE]), 403, 'csrf_failed');
    assertProblem(await send('GET', '/v1/audit?pageSize=-1', [['Cookie', 'a=b']]), 401, 'unauthenticated');
    assert.equal(port.renewals.length, before);
  });

  it('serves the request if the renewal of the session fails, and logs the failure', async () => {
    port.renewal = () => {
      throw unavailable('sessions.renew');
    };
    assert.equal((await getMe([cookie])).status, 200);
    assert.deepEqual(
      api.lines.map(({ kind }) => kind),
      ['failure', 'decision'],
    );
  });

  it('writes the cookie and the CSRF token into no log line', async () => {
    await getMe([cookie]);
    await addNote([cookie, PAGE]);
    await addNote([cookie, PAGE, CSRF]);
    const text = JSON.stringify(api.lines);
    assert.ok(api.lines.length >= 3);
    for (const secret of [cookieValue(String(mark)), CSRF[1], session.csrfKey])
      assert.ok(!text.includes(secret));
  });
});
