import assert from 'node:assert/strict';
import { assertProblem } from '../../helpers/answers.ts';
import { type Api, accountOf, breakFirebaseAuth, claimsOf, openApi, type Person } from '../../helpers/api.ts';
import { ACCOUNTS_LOOKUP, mintIdToken } from '../../helpers/google.ts';

/** Every privileged route, with an input that changes nothing when it gets through. */
const PRIVILEGED: [method: 'put' | 'patch' | 'delete', path: string, body: object | undefined][] = [
  ['put', '/v1/users/norole/roles', { roles: ['member'], rolesVersion: 99 }],
  ['patch', '/v1/users/stranger', { disabled: false }],
  ['delete', '/v1/users/stranger', undefined],
];
const OTHERS = ['/v1/me', '/v1/users', '/v1/roles'];

describe('http: the record decides on privileged routes', () => {
  let api: Api;
  beforeEach(async () => {
    api = await openApi();
  });
  afterEach(() => api.close());

  const record = (who: Person, change: object) => api.google.users.set(who, { ...accountOf(who), ...change });
  const rolesOf = (roles: string[]) => ({ customAttributes: JSON.stringify({ roles, rv: 1 }) });
  /** A client whose token says `roles`, at the version of the record. */
  const claiming = async (who: Person, roles: string[]) =>
    api.as().set('Authorization', `Bearer ${await mintIdToken({ ...claimsOf(who), roles })}`);

  for (const [method, path, body] of PRIVILEGED) {
    const name = `${method.toUpperCase()} ${path}`;

    it(`refuses ${name} to a token that says owner when the record says member`, async () => {
      const client = await claiming('member', ['owner']);
      assertProblem(await client[method](path).send(body), 401, 'token_stale');
    });

    it(`refuses ${name} to a token that says member until it says owner as the record does`, async () => {
      record('member', rolesOf(['owner']));
      assertProblem(await api.as('member')[method](path).send(body), 401, 'token_stale');
      const { status } = await (await claiming('member', ['owner']))[method](path).send(body);
      assert.ok([404, 409].includes(status), `passed the guard, then nothing to change: ${status}`);
    });

    it(`refuses ${name} at once to an owner demoted elsewhere a moment ago`, async () => {
      assert.equal((await api.as('owner').get('/v1/me')).status, 200);
      record('owner', rolesOf(['member']));
      assertProblem(await api.as('owner')[method](path).send(body), 401, 'token_stale');
    });

    it(`refuses ${name} at once to an owner disabled elsewhere a moment ago`, async () => {
      assert.equal((await api.as('owner').get('/v1/me')).status, 200);
      record('owner', { disabled: true });
      assertProblem(await api.as('owner')[method](path).send(body), 401, 'invalid_token');
    });

    it(`refuses ${name} at once to an owner deleted elsewhere a moment ago`, async () => {
      assert.equal((await api.as('owner').get('/v1/me')).status, 200);
      api.google.users.delete('owner');
      assertProblem(await api.as('owner')[method](path).send(body), 401, 'invalid_token');
    });

    it(`refuses ${name} at once to an owner signed out elsewhere a moment ago`, async () => {
      assert.equal((await api.as('owner').get('/v1/me')).status, 200);
      record('owner', { validSince: String(Math.floor(Date.now() / 1000)) });
      assertProblem(await api.as('owner')[method](path).send(body), 401, 'token_stale');
    });

    it(`answers ${name} with 503 when Firebase Auth is down, whatever is remembered`, async () => {
      assert.equal((await api.as('owner').get('/v1/me')).status, 200);
      breakFirebaseAuth(api.google);
      assertProblem(await api.as('owner')[method](path).send(body), 503, 'unavailable');
    });
  }

  for (const path of OTHERS) {
    it(`answers GET ${path} with 503 when Firebase Auth is down and nothing is remembered`, async () => {
      breakFirebaseAuth(api.google);
      assertProblem(await api.as('owner').get(path), 503, 'unavailable');
    });
  }

  it('goes on with other routes on what it remembers while Firebase Auth is down', async () => {
    await api.as('owner').get('/v1/me');
    breakFirebaseAuth(api.google);
    assert.equal((await api.as('owner').get('/v1/me')).status, 200);
    assert.equal((await api.as('owner').get('/v1/roles')).status, 200);
  });

  it('asks again as soon as Firebase Auth is back', async () => {
    const { google } = api;
    google.answer(ACCOUNTS_LOOKUP, () => (res) => {
      res.writeHead(500).end('{}');
    });
    assertProblem(await api.as('owner').get('/v1/me'), 503, 'unavailable');
    google.answer(ACCOUNTS_LOOKUP, () => ({ users: [{ ...accountOf('owner'), createdAt: '0' }] }));
    assert.equal((await api.as('owner').get('/v1/me')).status, 200);
  });

  it('never lets anybody pass while nothing is remembered: no token is better than the record', async () => {
    breakFirebaseAuth(api.google);
    const answers = await Promise.all([...Array(20)].map(() => api.as('owner').get('/v1/me')));
    assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([503]));
  });

  it('serves public routes while Firebase Auth is down', async () => {
    breakFirebaseAuth(api.google);
    assert.equal((await api.as().get('/v1/health')).status, 200);
  });

  it('still refuses a bad token on a public route', async () => {
    const answer = await api.as().get('/v1/health').set('Authorization', 'Bearer x.y.z');
    assertProblem(answer, 401, 'invalid_token');
  });

  it('forgets what it remembered of an account that it changes', async () => {
    assert.equal((await api.as('member').get('/v1/me')).status, 200);
    await api.as('owner').put('/v1/users/member/roles').send({ roles: [], rolesVersion: 1 });
    assertProblem(await api.as('member').get('/v1/me'), 401, 'token_stale');
  });

  it('ends every session of somebody who signs out everywhere, this one included', async () => {
    assert.equal((await api.as('member').post('/v1/me/revoke')).status, 200);
    assertProblem(await api.as('member').get('/v1/me'), 401, 'token_stale');
  });
});
