import assert from 'node:assert/strict';
import { type Api, accountOf, breakFirebaseAuth, claimsOf, openApi, type Person } from '../../helpers/api.ts';
import { mintIdToken } from '../../helpers/google.ts';
import { assertProblem } from '../../helpers/responses.ts';

/** Every privileged route, with an input that changes nothing when it gets through. */
const PRIVILEGED: [method: 'post' | 'put' | 'patch' | 'delete', path: string, body: object | undefined][] = [
  ['put', '/v1/users/norole/roles', { grants: [{ role: 'member' }], version: 99 }],
  ['patch', '/v1/users/stranger', { disabled: false }],
  ['delete', '/v1/users/stranger', undefined],
  ['post', '/v1/directory/reconcile', undefined],
];
const OTHERS = ['/v1/me', '/v1/users', '/v1/roles', '/v1/audit'];
const PASSED = [200, 404, 409];

describe('http: the record decides on privileged routes', () => {
  let api: Api;
  beforeEach(async () => {
    api = await openApi();
    // Everybody has signed in before.
    for (const who of ['member', 'owner'] as const) await api.deps.users.get(who);
  });
  afterEach(() => api.close());

  const system = { kind: 'system', requestId: 'elsewhere' } as const;
  /** Changes roles as another instance would, and lets this one forget that it was itself. */
  const give = (uid: Person, roles: readonly ('member' | 'owner')[]) =>
    api.deps.changeAccess(system, { uid, action: 'roles.set' }, () => ({
      grants: roles.map((role) => ({ role, grantedBy: 'system', grantedAt: 1 })),
    }));
  /** A client whose token says `roles`, at a version of the record. */
  const claiming = async (who: Person, roles: string[], rv: number) =>
    api.as().set('Authorization', `Bearer ${await mintIdToken({ ...claimsOf(who), roles, rv })}`);

  for (const [method, path, body] of PRIVILEGED) {
    const name = `${method.toUpperCase()} ${path}`;

    it(`refuses ${name} to a token that says owner when the record says member`, async () => {
      const client = await claiming('member', ['owner'], 1);
      assertProblem(await client[method](path).send(body), 403, 'permission_denied');
    });

    it(`refuses ${name} to a token that says member until it says owner as the record does`, async () => {
      await give('member', ['owner']);
      assertProblem(await api.as('member')[method](path).send(body), 401, 'token_stale');
      const { status } = await (await claiming('member', ['owner'], 2))[method](path).send(body);
      assert.ok(PASSED.includes(status), `passed the guard, then nothing to change: ${status}`);
    });

    it(`refuses ${name} to a token of a version that the record has not reached`, async () => {
      const client = await claiming('owner', ['owner'], 2);
      assertProblem(await client[method](path).send(body), 401, 'token_stale');
    });

    it(`refuses ${name} at once to an owner demoted a moment ago`, async () => {
      assert.equal((await api.as('owner').get('/v1/me')).status, 200);
      await give('member', ['owner']);
      await give('owner', ['member']);
      assertProblem(await api.as('owner')[method](path).send(body), 401, 'token_stale');
    });

    const elsewhere: [what: string, change: () => object, code: string][] = [
      ['disabled', () => ({ disabled: true }), 'invalid_token'],
      ['signed out', () => ({ validSince: String(Math.floor(Date.now() / 1000)) }), 'token_stale'],
    ];
    for (const [what, change, code] of elsewhere) {
      it(`refuses ${name} at once to an owner ${what} in Firebase’s own console`, async () => {
        assert.equal((await api.as('owner').get('/v1/me')).status, 200);
        api.google.users.set('owner', { ...accountOf('owner'), ...change() });
        assertProblem(await api.as('owner')[method](path).send(body), 401, code);
      });
    }

    it(`refuses ${name} at once to an owner deleted in Firebase’s own console`, async () => {
      assert.equal((await api.as('owner').get('/v1/me')).status, 200);
      api.google.users.delete('owner');
      assertProblem(await api.as('owner')[method](path).send(body), 401, 'invalid_token');
    });

    it(`answers ${name} with 503 when Firebase Auth is down, whatever is known`, async () => {
      assert.equal((await api.as('owner').get('/v1/me')).status, 200);
      breakFirebaseAuth(api.google);
      assertProblem(await api.as('owner')[method](path).send(body), 503, 'unavailable');
    });
  }

  for (const path of OTHERS) {
    it(`serves GET ${path} while Firebase Auth is down: it asks nothing about a token it can verify`, async () => {
      breakFirebaseAuth(api.google);
      assert.equal((await api.as('owner').get(path)).status, 200);
    });
  }

  it('costs no call of Firebase Auth where nothing is privileged', async () => {
    await api.as('owner').get('/v1/me');
    const before = api.google.count('accounts:lookup');
    for (const path of OTHERS) await api.as('owner').get(path);
    assert.equal(api.google.count('accounts:lookup'), before);
  });

  it('serves public routes while Firebase Auth is down', async () => {
    breakFirebaseAuth(api.google);
    assert.equal((await api.as().get('/v1/health')).status, 200);
  });

  it('still refuses a bad token on a public route', async () => {
    const answer = await api.as().get('/v1/health').set('Authorization', 'Bearer x.y.z');
    assertProblem(answer, 401, 'invalid_token');
  });

  it('refuses the token of somebody whose roles it has changed, on every route', async () => {
    assert.equal((await api.as('member').get('/v1/me')).status, 200);
    await api.as('owner').put('/v1/users/member/roles').send({ grants: [], version: 1 });
    assertProblem(await api.as('member').get('/v1/me'), 401, 'token_stale');
  });

  it('ends every session of somebody who signs out everywhere, this one included', async () => {
    assert.equal((await api.as('member').post('/v1/me/revoke')).status, 200);
    assertProblem(await api.as('member').get('/v1/me'), 401, 'token_stale');
  });
});
