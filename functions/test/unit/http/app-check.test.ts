import assert from 'node:assert/strict';
import { type Api, openApi } from '../../helpers/api.ts';
import { type ExchangeApi, openExchangeApi } from '../../helpers/exchange-api.ts';
import { itWithNotes } from '../../helpers/notes.ts';
import { routes } from '../../helpers/operations.ts';
import { assertProblem, HTTPS, sendRaw } from '../../helpers/responses.ts';

describe('http: App Check, if enabled', () => {
  let api: Api;
  before(async () => {
    api = await openApi({ env: { APP_CHECK: 'true' } });
  });
  after(() => api.close());

  const tokens: [name: string, headers: [string, string][]][] = [
    ['no token', []],
    ['an empty token', [['X-Firebase-AppCheck', '']]],
    ['a malformed token', [['X-Firebase-AppCheck', 'x']]],
    [
      'two tokens',
      [
        ['X-Firebase-AppCheck', 'x.y.z'],
        ['X-Firebase-AppCheck', 'x.y.z'],
      ],
    ],
    ['a token of the emulator', [['X-Firebase-AppCheck', 'eyJhbGciOiJub25lIn0.eyJzdWIiOiJhcHAifQ.']]],
  ];
  for (const { method, path, access, appCheck } of routes) {
    if (access === 'public' && appCheck === undefined) continue;
    for (const [name, headers] of tokens) {
      it(`refuses ${method.toUpperCase()} ${path} with ${name}, even of an owner`, async () => {
        const answer = await sendRaw(api.port, {
          method: method.toUpperCase(),
          path: `/v1${path.replace(':uid', 'member')}`,
          headers: [HTTPS, ['Authorization', `Bearer ${api.token('owner')}`], ...headers],
        });
        assertProblem(answer, 401, 'app_check_failed');
        assert.equal(answer.headers['www-authenticate'], 'FirebaseAppCheck realm="gatehouse"');
      });
    }
  }

  it('is required on public routes that answer with a credential', () => {
    const requiring = routes.filter(({ appCheck }) => appCheck === 'everyone');
    assert.deepEqual(
      requiring.map(({ path }) => path),
      ['/passkeys/sign-in/options', '/passkeys/sign-in/verify', '/token/exchange'],
    );
  });

  it('is not required on other public routes', async () => {
    assert.equal((await api.as().get('/v1/health')).status, 200);
    assert.equal((await api.as('member').get('/v1/health')).status, 200);
  });

  it('does not accept an ID token instead', async () => {
    const answer = await api.as('owner').get('/v1/me').set('X-Firebase-AppCheck', api.token('owner'));
    assertProblem(answer, 401, 'app_check_failed');
  });
});

describe('http: App Check and callers without an app', () => {
  let api: ExchangeApi;
  before(async () => {
    api = await openExchangeApi({ env: { APP_CHECK: 'true' } });
  });
  after(() => api.close());

  const service = { sub: 'cron', gty: 'client-credentials' };
  const get = (path: string, token: string) =>
    api.as().get(`/v1${path}`).set('Authorization', `Bearer ${token}`);

  itWithNotes('does not ask a service, for any operation', async () => {
    const token = await api.mint({ ...service, groups: ['helpers'] });
    for (const path of ['/me', '/notes?owner=member', '/users']) {
      const answer = await get(path, token);
      assert.equal(answer.status, 200, `${path}: ${answer.text}`);
    }
  });

  itWithNotes('does not ask an external user where the operation leaves them out, only there', async () => {
    const token = await api.mint({ groups: ['helpers'] });
    for (const [path, status] of [
      ['/me', 200],
      ['/notes?owner=member', 200],
      ['/users', 401],
    ] as const) {
      assert.equal((await get(path, token)).status, status, path);
    }
  });

  itWithNotes('asks users of Firebase everywhere', async () => {
    for (const path of ['/me', '/notes', '/users']) {
      assertProblem(await get(path, api.token('owner')), 401, 'app_check_failed');
    }
  });

  for (const [what, headers] of [
    ['the User-Agent of a server', { 'User-Agent': 'Google-Cloud-Functions' }],
    [
      'a header of a gateway',
      { 'X-Forwarded-Authorization': 'Bearer x', 'X-Apigateway-Api-Userinfo': 'e30' },
    ],
    ['claims of a service in headers', { Gty: 'client-credentials', 'X-Client-Id': 'cron' }],
  ] as const) {
    it(`asks a user who sends ${what}`, async () => {
      for (const token of [api.token('member'), await api.mint({ groups: ['helpers'] })]) {
        assertProblem(await get('/users', token).set(headers), 401, 'app_check_failed');
      }
    });
  }

  it('asks a user with a client in the token, and with the claim of a service in another value', async () => {
    const token = await api.mint({ client_id: 'web', gty: 'password', groups: ['helpers'] });
    assertProblem(await get('/users', token), 401, 'app_check_failed');
  });

  it('does not spend an App Check token on a caller who is refused anyway', async () => {
    const answer = await api.as().get('/v1/me').set('X-Firebase-AppCheck', 'x');
    assertProblem(answer, 401, 'unauthenticated');
  });
});
