import assert from 'node:assert/strict';
import { type Api, openApi } from '../../helpers/api.ts';
import { assertHeaders, assertProblem, fieldsOf, HTTPS, sendRaw } from '../../helpers/responses.ts';

describe('http: paths and methods', () => {
  let api: Api;
  before(async () => {
    api = await openApi();
  });
  after(() => api.close());

  const bearer = () => ['Authorization', `Bearer ${api.token('owner')}`] as const;
  const send = (method: string, path: string) =>
    sendRaw(api.port, { method, path, headers: [HTTPS, bearer()] });

  for (const root of ['/v1', '/api/v1']) {
    it(`serves ${root}`, async () => {
      const { status, body } = await api.as('member').get(`${root}/me`);
      assert.deepEqual([status, body.uid], [200, 'member']);
    });

    it(`answers 405 with Allow below ${root}`, async () => {
      const answer = await api.as('owner').put(`${root}/users`);
      assertProblem(answer, 405, 'method_not_allowed');
      assert.equal(answer.headers.allow, 'HEAD, GET, POST');
    });
  }

  const allowed: [path: string, allow: string][] = [
    ['/v1/health', 'HEAD, GET'],
    ['/v1/openapi.json', 'HEAD, GET'],
    ['/v1/me', 'HEAD, GET'],
    ['/v1/me/revoke', 'POST'],
    ['/v1/roles', 'HEAD, GET'],
    ['/v1/users', 'HEAD, GET, POST'],
    ['/v1/users/ada', 'HEAD, GET, PATCH, DELETE'],
    ['/v1/users/ada/roles', 'HEAD, GET, PUT'],
    ['/v1/audit', 'HEAD, GET'],
    ['/v1/directory/reconcile', 'POST'],
    ['/v1/users/ada/revoke', 'POST'],
    ['/v1/token/exchange', 'POST'],
  ];
  for (const [path, allow] of allowed) {
    for (const method of ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'TRACE', 'PROPFIND']) {
      if (allow.split(', ').includes(method)) continue;
      it(`answers ${method} ${path} with 405, Allow: ${allow}`, async () => {
        const answer = await sendRaw(api.port, { method, path, headers: [HTTPS] });
        assert.equal(answer.headers.allow, allow);
        assert.equal(answer.status, 405);
        assertHeaders(answer.headers);
      });
    }
  }

  it('answers HEAD like GET, without the body', async () => {
    const [head, get] = [await send('HEAD', '/v1/me'), await send('GET', '/v1/me')];
    assert.deepEqual([head.status, head.text], [200, '']);
    assert.equal(head.headers['content-length'], get.headers['content-length']);
    assertHeaders(head.headers);
  });

  it('requires the same permission for HEAD as for GET', async () => {
    const { status } = await api.as('member').head('/v1/users');
    assert.equal(status, 403);
  });

  it('answers OPTIONS without an origin, without CORS headers', async () => {
    const answer = await send('OPTIONS', '/v1/me');
    assert.equal(answer.status, 204);
    assertHeaders(answer.headers);
    assert.equal(answer.headers['access-control-allow-origin'], undefined);
  });

  const unknownPaths = [
    '/',
    '/v1',
    '/v1/',
    '/v2/me',
    '/me',
    '/v1/me/',
    '/V1/me',
    '/v1/ME',
    '/api/me',
    '/API/v1/me',
    '/v1/api/v1/me',
    '//v1/me',
    '/v1//me',
    '/v1/./me',
    '/v1/users/../me',
    '/v1%2Fme',
    '/v1/%6De/x',
    '/v1/users/',
    '/v1/users//roles',
    '/v1/users/ada/',
    '/v1/users/ada/roles/',
    '/v1/me;x=1',
    '/v1/me%00',
    '/__proto__',
    '/v1/constructor',
  ];
  for (const path of unknownPaths) {
    it(`answers 404 to ${path}`, async () => {
      assertProblem(await send('GET', path), 404, 'not_found');
    });
  }

  for (const path of [
    '/v1/users/%zz',
    '/v1/users/%',
    '/v1/users/%E0%A4%A',
    '/v1/users/%ED%A0%80',
    '/v1/users/%ff',
  ]) {
    it(`answers 400 to the malformed path ${path}`, async () => {
      assertProblem(await send('GET', path), 400, 'invalid_request');
    });
  }

  const invalidUids = [
    '%2F',
    '.',
    '..',
    '__proto__',
    'a%2Fb',
    '..%2Fme',
    '%00',
    '%0D%0Aevil',
    '%1B%5B31m',
    '%7F',
    'x'.repeat(129),
  ];
  for (const uid of invalidUids) {
    it(`refuses the user id ${uid.slice(0, 20)}`, async () => {
      const problem = assertProblem(await send('GET', `/v1/users/${uid}`), 400, 'invalid_argument');
      assert.deepEqual(new Set(fieldsOf(problem)), new Set(['params.uid']));
    });
  }

  for (const uid of ['constructor', 'toString', 'hasOwnProperty', '%252F', '%25zz', 'x'.repeat(128)]) {
    it(`answers 404 for the unknown user id ${uid.slice(0, 20)}`, async () => {
      assertProblem(await send('GET', `/v1/users/${uid}`), 404, 'not_found');
    });
  }

  it('finds a user with an id that needs escaping', async () => {
    const uid = 'Zoë#?%&=+ x';
    api.google.users.set(uid, { localId: uid });
    const answer = await send('GET', `/v1/users/${encodeURIComponent(uid)}`);
    assert.deepEqual([answer.status, JSON.parse(answer.text).uid], [200, uid]);
  });
});
