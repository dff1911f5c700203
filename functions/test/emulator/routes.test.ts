import assert from 'node:assert/strict';
import { ALL_PERMISSIONS } from '../../src/authz/permissions.ts';
import { ALL_ROLES, ROLES } from '../../src/authz/roles.ts';
import { toRfc3339 } from '../../src/core/time.ts';
import { api, makeSignedIn, makeUser, outcome, PROJECT, signIn, untilRefused } from '../helpers/emulator.ts';
import { routes } from '../helpers/operations.ts';

describe('the routes, through Hosting', function () {
  this.timeout(20_000);

  it('GET /health is public, and must not be cached', async () => {
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

  it('answers an unknown path with a 404 that must not be cached', async () => {
    const answer = await api('GET /nothing');
    assert.equal(outcome(answer), '404 not_found');
    assert.equal(answer.headers.get('Cache-Control'), 'private, no-store');
    assert.match(answer.headers.get('Content-Type') ?? '', /^application\/problem\+json/);
  });

  it('requires a credential on every route that is not public', async () => {
    for (const { method, path, access } of routes) {
      if (access === 'public') continue;
      const answer = await api(`${method.toUpperCase()} ${path.replace(/:\w+/g, 'other')}`);
      assert.equal(outcome(answer), '401 unauthenticated', `${method} ${path}`);
      assert.equal(answer.headers.get('WWW-Authenticate'), 'Bearer realm="gatehouse"');
    }
  });

  it('GET /me returns the principal of the token', async () => {
    const { uid, email, idToken } = await makeSignedIn(['support', 'auditor']);
    const { body } = await api('GET /me', { token: idToken });
    const { exp, auth_time: authTime } = JSON.parse(
      Buffer.from(idToken.split('.')[1] ?? '', 'base64url').toString(),
    );
    assert.deepEqual(
      { ...body, permissions: new Set(body.permissions) },
      {
        kind: 'user',
        uid,
        identity: { issuer: `https://securetoken.google.com/${PROJECT}`, subject: uid },
        email,
        emailVerified: true,
        roles: ['support', 'auditor'],
        permissions: new Set([...ROLES.support, ...ROLES.auditor]),
        signedInAt: toRfc3339(authTime),
        assurance: { level: 'aal1', at: toRfc3339(authTime), methods: ['password'] },
        provider: 'password',
        tokenExpiresAt: toRfc3339(exp),
      },
    );
  });

  it('GET /roles lists all roles and permissions for an auditor', async () => {
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

  it('GET /roles refuses support', async () => {
    const { idToken } = await makeSignedIn(['support']);
    const answer = await api('GET /roles', { token: idToken });
    assert.equal(outcome(answer), '403 permission_denied');
    assert.match(
      answer.headers.get('WWW-Authenticate') ?? '',
      /error="insufficient_scope", scope="roles:read"/,
    );
  });

  it('GET /users/{uid} returns a user, without claims that Gatehouse does not manage', async () => {
    const { idToken } = await makeSignedIn(['support']);
    const { uid, email } = await makeUser(['member'], { claims: { tenantPlan: 'secret-plan' } });
    const { status, body } = await api(`GET /users/${uid}`, { token: idToken });
    assert.equal(status, 200);
    assert.deepEqual([body.uid, body.email, body.roles, body.version], [uid, email, ['member'], 1]);
    assert.deepEqual([body.disabled, body.providers], [false, ['password']]);
    assert.ok(!JSON.stringify(body).includes('secret-plan'));
  });

  it('GET /users/{uid} answers 404 for an unknown user', async () => {
    const { idToken } = await makeSignedIn(['support']);
    assert.equal(outcome(await api('GET /users/unknown', { token: idToken })), '404 not_found');
  });

  it('POST /me/revoke ends all sessions of the caller, who can sign in again', async () => {
    const mine = await makeSignedIn([]);
    const { status, body } = await api('POST /me/revoke', { token: mine.idToken });
    assert.equal(status, 200);
    assert.equal(body.uid, mine.uid);
    await untilRefused('GET /me', mine.idToken);
    const again = await signIn(mine.email);
    assert.equal(outcome(await api('GET /me', { token: await again.token() })), '200');
  });

  it('POST /users/{uid}/revoke by support ends the sessions of another user', async () => {
    const support = await makeSignedIn(['support']);
    const other = await makeSignedIn(['member']);
    assert.equal(outcome(await api('GET /me', { token: other.idToken })), '200');
    const { status, body } = await api(`POST /users/${other.uid}/revoke`, { token: support.idToken });
    assert.equal(status, 200);
    assert.ok(Date.parse(body.sessionsValidAfter) > Date.now() - 60_000);
    await untilRefused('GET /me', other.idToken);
  });

  it('rejects unknown fields in a body', async () => {
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
