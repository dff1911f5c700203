import assert from 'node:assert/strict';
import { type Api, openApi } from '../../helpers/api.ts';
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
    if (access === 'public' && !appCheck) continue;
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

  it('is required on one public route, the token exchange', () => {
    const requiring = routes.filter(({ access, appCheck }) => access === 'public' && appCheck);
    assert.deepEqual(
      requiring.map(({ path }) => path),
      ['/token/exchange'],
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

  it('refuses a request before any call to Firebase Auth', async () => {
    const before = api.google.count('accounts:lookup');
    await api.as('owner').get('/v1/me');
    assert.equal(api.google.count('accounts:lookup'), before);
  });
});
