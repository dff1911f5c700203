import assert from 'node:assert/strict';
import { type Api, accountOf, breakFirebaseAuth, claimsOf, openApi, type Person } from '../../helpers/api.ts';
import { mintIdToken } from '../../helpers/google.ts';
import { assertProblem } from '../../helpers/responses.ts';

/** Every privileged route, with an input that changes nothing if it is allowed. */
const PRIVILEGED: [method: 'post' | 'put' | 'patch' | 'delete', path: string, body: object | undefined][] = [
  ['put', '/v1/users/norole/roles', { grants: [{ role: 'member' }], version: 99 }],
  ['patch', '/v1/users/stranger', { disabled: false }],
  ['delete', '/v1/users/stranger', undefined],
  ['post', '/v1/directory/reconcile', undefined],
];
const OTHERS = ['/v1/me', '/v1/users', '/v1/roles', '/v1/audit'];
const PASSED = [200, 404, 409];

describe('http: privileged routes', () => {
  let api: Api;
  beforeEach(async () => {
    api = await openApi();
    // Both users have signed in before.
    for (const person of ['member', 'owner'] as const) await api.deps.users.get(person);
  });
  afterEach(() => api.close());

  const system = { kind: 'system', requestId: 'elsewhere' } as const;
  /** Changes roles in the directory. */
  const setRoles = (uid: Person, roles: readonly ('member' | 'owner')[]) =>
    api.deps.changeAccess(system, { uid, action: 'roles.set' }, () => ({
      grants: roles.map((role) => ({ role, grantedBy: 'system', grantedAt: 1 })),
    }));
  /** A client with a token that has these roles and this version. */
  const clientWith = async (person: Person, roles: string[], rv: number) =>
    api.as().set('Authorization', `Bearer ${await mintIdToken({ ...claimsOf(person), roles, rv })}`);

  for (const [method, path, body] of PRIVILEGED) {
    const name = `${method.toUpperCase()} ${path}`;

    it(`refuses ${name} to an owner in the token who is a member in the record`, async () => {
      const client = await clientWith('member', ['owner'], 1);
      assertProblem(await client[method](path).send(body), 403, 'permission_denied');
    });

    it(`refuses ${name} with the old member token of a new owner, until it is refreshed`, async () => {
      await setRoles('member', ['owner']);
      assertProblem(await api.as('member')[method](path).send(body), 401, 'token_stale');
      const { status } = await (await clientWith('member', ['owner'], 2))[method](path).send(body);
      assert.ok(PASSED.includes(status), `allowed, then nothing to change: ${status}`);
    });

    it(`refuses ${name} with a token of a newer version than the record`, async () => {
      const client = await clientWith('owner', ['owner'], 2);
      assertProblem(await client[method](path).send(body), 401, 'token_stale');
    });

    it(`refuses ${name} at once to an owner who was just demoted`, async () => {
      assert.equal((await api.as('owner').get('/v1/me')).status, 200);
      await setRoles('member', ['owner']);
      await setRoles('owner', ['member']);
      assertProblem(await api.as('owner')[method](path).send(body), 401, 'token_stale');
    });

    const consoleChanges: [what: string, change: () => object, code: string][] = [
      ['disabled', () => ({ disabled: true }), 'invalid_token'],
      ['signed out', () => ({ validSince: String(Math.floor(Date.now() / 1000)) }), 'token_stale'],
    ];
    for (const [what, change, code] of consoleChanges) {
      it(`refuses ${name} at once to an owner ${what} in the Firebase console`, async () => {
        assert.equal((await api.as('owner').get('/v1/me')).status, 200);
        api.google.users.set('owner', { ...accountOf('owner'), ...change() });
        assertProblem(await api.as('owner')[method](path).send(body), 401, code);
      });
    }

    it(`refuses ${name} at once to an owner deleted in the Firebase console`, async () => {
      assert.equal((await api.as('owner').get('/v1/me')).status, 200);
      api.google.users.delete('owner');
      assertProblem(await api.as('owner')[method](path).send(body), 401, 'invalid_token');
    });

    it(`answers ${name} with 503 when Firebase Auth is down, also with a cached token`, async () => {
      assert.equal((await api.as('owner').get('/v1/me')).status, 200);
      breakFirebaseAuth(api.google);
      assertProblem(await api.as('owner')[method](path).send(body), 503, 'unavailable');
    });
  }

  for (const path of OTHERS) {
    it(`serves GET ${path} while Firebase Auth is down`, async () => {
      breakFirebaseAuth(api.google);
      assert.equal((await api.as('owner').get(path)).status, 200);
    });
  }

  it('makes no call to Firebase Auth for other routes that show no user', async () => {
    await api.as('owner').get('/v1/me');
    const before = api.google.count('accounts:lookup');
    for (const path of OTHERS.filter((path) => path !== '/v1/users')) await api.as('owner').get(path);
    assert.equal(api.google.count('accounts:lookup'), before);
  });

  it('serves public routes while Firebase Auth is down', async () => {
    breakFirebaseAuth(api.google);
    assert.equal((await api.as().get('/v1/health')).status, 200);
  });

  it('refuses the old token after a role change, also on other routes', async () => {
    assert.equal((await api.as('member').get('/v1/me')).status, 200);
    await api.as('owner').put('/v1/users/member/roles').send({ grants: [], version: 1 });
    assertProblem(await api.as('member').get('/v1/me'), 401, 'token_stale');
  });

  it('ends every session of a user who signs out everywhere, including the current one', async () => {
    assert.equal((await api.as('member').post('/v1/me/revoke')).status, 200);
    assertProblem(await api.as('member').get('/v1/me'), 401, 'token_stale');
  });
});
