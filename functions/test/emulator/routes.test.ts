import assert from 'node:assert/strict';
import { ALL_PERMISSIONS } from '../../src/authz/permissions.ts';
import { ALL_ROLES, ROLES } from '../../src/authz/roles.ts';
import { api, makeSignedIn, makeUser, outcome, PROJECT, signIn, untilRefused } from '../helpers/emulator.ts';
import { routes } from '../helpers/operations.ts';

describe('the routes, through Hosting', function () {
  this.timeout(20_000);

  it('GET /health says ok to anybody, and no cache may keep it', async () => {
    const { status, body, headers } = await api('GET /health');
    assert.equal(status, 200);
    assert.deepEqual(body, { status: 'ok' });
    assert.equal(headers.get('Cache-Control'), 'private, no-store');
    assert.equal(headers.get('X-Content-Type-Options'), 'nosniff');
  });

  it('GET /openapi.json describes every route', async () => {
    const { status, body } = await api('GET /openapi.json');
    assert.equal(status, 200);
    for (const { method, path } of routes) {
      const described = Object.keys(body.paths).find((key) => key.endsWith(path.replace(/:(\w+)/g, '{$1}')));
      assert.ok(described !== undefined && method in body.paths[described], `${method} ${path}`);
    }
  });

  it('a path that does not exist is a 404 that no cache may keep', async () => {
    const answer = await api('GET /nothing');
    assert.equal(outcome(answer), '404 not_found');
    assert.equal(answer.headers.get('Cache-Control'), 'private, no-store');
    assert.match(answer.headers.get('Content-Type') ?? '', /^application\/problem\+json/);
  });

  it('every route but the public ones asks who is there', async () => {
    for (const { method, path, access } of routes) {
      if (access === 'public') continue;
      const answer = await api(`${method.toUpperCase()} ${path.replace(/:\w+/g, 'somebody')}`);
      assert.equal(outcome(answer), '401 unauthenticated', `${method} ${path}`);
      assert.equal(answer.headers.get('WWW-Authenticate'), 'Bearer realm="gatehouse"');
    }
  });

  it('GET /me shows the token as read', async () => {
    const { uid, email, idToken } = await makeSignedIn(['support', 'auditor']);
    const { body } = await api('GET /me', { token: idToken });
    const { exp, auth_time: authTime } = JSON.parse(
      Buffer.from(idToken.split('.')[1] ?? '', 'base64url').toString(),
    );
    assert.deepEqual(
      { ...body, permissions: new Set(body.permissions) },
      {
        kind: 'user',
        issuer: `https://securetoken.google.com/${PROJECT}`,
        subject: uid,
        uid,
        directoryId: uid,
        email,
        emailVerified: true,
        roles: ['support', 'auditor'],
        permissions: new Set([...ROLES.support, ...ROLES.auditor]),
        authTime,
        assurance: { level: 'aal1', at: authTime, methods: ['password'] },
        provider: 'password',
        tokenExpiresAt: exp,
      },
    );
  });

  it('GET /roles lists every role and permission to an auditor', async () => {
    const { idToken } = await makeSignedIn(['auditor']);
    const { status, body } = await api('GET /roles', { token: idToken });
    assert.equal(status, 200);
    assert.deepEqual(
      body.roles.map(({ name }: { name: string }) => name),
      [...ALL_ROLES],
    );
    assert.deepEqual(
      body.permissions.map(({ name }: { name: string }) => name),
      [...ALL_PERMISSIONS],
    );
  });

  it('GET /roles is not for support', async () => {
    const { idToken } = await makeSignedIn(['support']);
    const answer = await api('GET /roles', { token: idToken });
    assert.equal(outcome(answer), '403 permission_denied');
    assert.match(
      answer.headers.get('WWW-Authenticate') ?? '',
      /error="insufficient_scope", scope="roles:read"/,
    );
  });

  it('GET /users/{uid} shows a user, without the claims of others', async () => {
    const { idToken } = await makeSignedIn(['support']);
    const { uid, email } = await makeUser(['member'], { claims: { tenantPlan: 'secret-plan' } });
    const { status, body } = await api(`GET /users/${uid}`, { token: idToken });
    assert.equal(status, 200);
    assert.deepEqual([body.uid, body.email, body.roles, body.version], [uid, email, ['member'], 1]);
    assert.deepEqual([body.disabled, body.providers], [false, ['password']]);
    assert.ok(!JSON.stringify(body).includes('secret-plan'));
  });

  it('GET /users/{uid} of nobody is a 404', async () => {
    const { idToken } = await makeSignedIn(['support']);
    assert.equal(outcome(await api('GET /users/nobody', { token: idToken })), '404 not_found');
  });

  it('POST /me/revoke ends every session of mine, and I can sign in again', async () => {
    const mine = await makeSignedIn([]);
    const { status, body } = await api('POST /me/revoke', { token: mine.idToken });
    assert.equal(status, 200);
    assert.equal(body.uid, mine.uid);
    await untilRefused('GET /me', mine.idToken);
    const again = await signIn(mine.email);
    assert.equal(outcome(await api('GET /me', { token: await again.token() })), '200');
  });

  it('POST /users/{uid}/revoke by support ends the sessions of somebody else', async () => {
    const support = await makeSignedIn(['support']);
    const other = await makeSignedIn(['member']);
    assert.equal(outcome(await api('GET /me', { token: other.idToken })), '200');
    const { status, body } = await api(`POST /users/${other.uid}/revoke`, { token: support.idToken });
    assert.equal(status, 200);
    assert.ok(body.validAfter > 0);
    await untilRefused('GET /me', other.idToken);
  });

  it('refuses fields that a body should not carry', async () => {
    const owner = await makeSignedIn(['owner']);
    const { uid } = await makeUser(['member']);
    const disabling = { token: owner.idToken, body: { disabled: true, roles: ['owner'] } };
    assert.equal(outcome(await api(`PATCH /users/${uid}`, disabling)), '400 invalid_argument');
    const body = { grants: [{ role: 'support' }], version: 1, uid: owner.uid };
    const granting = await api(`PUT /users/${uid}/roles`, { token: owner.idToken, body });
    assert.equal(outcome(granting), '400 invalid_argument');
    const { body: after } = await api(`GET /users/${uid}`, { token: owner.idToken });
    assert.deepEqual([after.disabled, after.roles, after.version], [false, ['member'], 1]);
  });
});
