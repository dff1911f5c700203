import assert from 'node:assert/strict';
import { externalId } from '../../functions/src/authn/external-identity.ts';
import type { AccessRule } from '../../functions/src/authz/access-rule.ts';
import { assertRefused } from '../../functions/test/helpers/refusal.ts';
import { decideWithoutDirectory, type LambdaAuthorizer } from '../src/lambda-authorizer.ts';
import { type AuthorizerEnvironment, openAuthorizerEnvironment } from './helpers/authorizer-environment.ts';
import { ISSUER } from './helpers/issuer.ts';

type Request = Parameters<LambdaAuthorizer['authorize']>[0];

describe('LambdaAuthorizer', () => {
  let environment: AuthorizerEnvironment;

  beforeEach(async () => {
    environment = await openAuthorizerEnvironment();
  });

  afterEach(() => environment.close());

  const authorize = (token: string | undefined, request: Partial<Request> = {}) =>
    environment.authorizer.authorize({
      authorization: token === undefined ? [] : [`Bearer ${token}`],
      access: { permission: 'notes:read' },
      requestId: 'r1',
      ...request,
    });

  it('allows a caller with the permission, and logs one line', async () => {
    const principal = await authorize(await environment.token(['members']));
    assert.deepEqual(principal.roles, ['member']);
    assert.deepEqual(environment.lines, [
      {
        requestId: 'r1',
        permission: 'notes:read',
        issuer: ISSUER,
        subject: 'ada',
        granted: true,
        reason: 'granted',
        event: 'decision',
        message: 'decision',
        severity: 'INFO',
      },
    ]);
  });

  it('refuses a caller without the permission, and names it', async () => {
    const token = await environment.token(['reporters']);
    const error = await assertRefused(() => authorize(token), 'permission_denied');
    assert.equal(error.missing, 'notes:read');
    assert.deepEqual(
      environment.lines.map(({ granted, reason, subject }) => [granted, reason, subject]),
      [[false, 'missing-permission', 'ada']],
    );
  });

  it('refuses an anonymous caller where the rule is signed-in', async () => {
    await assertRefused(() => authorize(undefined, { access: 'signed-in' }), 'unauthenticated');
    const [line] = environment.lines;
    assert.deepEqual([line?.granted, line?.reason, line?.issuer], [false, 'anonymous', undefined]);
  });

  it('allows an anonymous caller where the rule is public', async () => {
    assert.equal((await authorize(undefined, { access: 'public' })).kind, 'anonymous');
  });

  it('refuses an invalid token even where the rule is public', async () => {
    await assertRefused(() => authorize('a.b.c', { access: 'public' }), 'invalid_token');
  });

  it('refuses two credentials', async () => {
    const line = `Bearer ${await environment.token(['members'])}`;
    await assertRefused(() => authorize(undefined, { authorization: [line, line] }), 'invalid_request');
    assert.deepEqual(
      environment.lines.map(({ granted, code }) => [granted, code]),
      [[false, 'invalid_request']],
    );
  });

  it('fetches nothing for an issuer that is not trusted', async () => {
    const token = await environment.token(['members'], { iss: 'https://evil.example/' });
    await assertRefused(() => authorize(token), 'invalid_token', 'issuer-not-trusted');
    assert.deepEqual(environment.keys.requests, []);
  });

  function firebaseToken(roles: readonly string[], claims: Record<string, unknown> = {}): Promise<string> {
    const now = Math.floor(Date.now() / 1000);
    return environment.pair.sign({
      iss: 'https://securetoken.google.com/shop-1234',
      aud: 'shop-1234',
      sub: 'uid-1',
      auth_time: now - 60,
      iat: now - 10,
      exp: now + 3_590,
      roles,
      rv: 1,
      ...claims,
    });
  }

  it('identifies a Firebase user by the uid, with the roles in the token', async () => {
    const token = await firebaseToken(['support']);
    const { directoryId, uid, permissions } = await authorize(token, {
      access: { permission: 'users:read' },
    });
    assert.deepEqual([directoryId, uid], ['uid-1', 'uid-1']);
    assert.ok(permissions.includes('notes:moderate'));
  });

  it('does not take a session that a token exchange began for a recent sign-in', async () => {
    const now = Math.floor(Date.now() / 1000);
    const access = { permission: 'notes:read', maxAge: 300 } as const;
    await authorize(await firebaseToken(['support']), { access });
    for (const sub of ['uid-1', externalId(ISSUER, 'ada')]) {
      const token = await firebaseToken(['support'], { sub, subject_auth_time: now - 30 * 86_400 });
      assert.equal((await authorize(token)).authTime, now - 30 * 86_400);
      await assertRefused(() => authorize(token, { access }), 'step_up_required');
    }
    const forged = await firebaseToken(['support'], { sub: externalId(ISSUER, 'ada') });
    await assertRefused(() => authorize(forged), 'invalid_token', 'malformed-time-claim');
  });

  it('knows a second factor of Identity Platform, a passkey, and what `aal2` names', async () => {
    const now = Math.floor(Date.now() / 1000);
    const access = { permission: 'notes:read', assurance: 'aal2', maxAge: 300 } as const;
    const by = (firebase: object, claims = {}) => firebaseToken(['support'], { firebase, ...claims });
    const proved = [
      await by({ sign_in_provider: 'password', sign_in_second_factor: 'phone' }),
      await by({ sign_in_provider: 'custom' }, { passkey_auth_time: now - 90 }),
      await environment.token(['members'], { amr: ['pwd', 'mfa'], auth_time: now - 60 }),
    ];
    for (const token of proved) assert.equal((await authorize(token, { access })).assurance.level, 'aal2');
    const unproved = [
      await by({ sign_in_provider: 'password' }, { passkey_auth_time: now - 90, amr: ['mfa'] }),
      await by({ sign_in_provider: 'custom' }, { subject_auth_time: now - 90, passkey_auth_time: now - 90 }),
      await by({ sign_in_provider: 'custom' }, { passkey_auth_time: now - 400 }),
      await environment.token(['members'], { amr: 'mfa', auth_time: now - 60 }),
      await environment.token(['members'], { amr: ['mfa'] }),
    ];
    for (const token of unproved) await assertRefused(() => authorize(token, { access }), 'step_up_required');
  });

  it('refuses privileged permissions, whatever a token says', async () => {
    const token = await firebaseToken(['owner']);
    for (const access of ['users:write', 'roles:assign'] as const) {
      const error = await assertRefused(
        () => authorize(token, { access: { permission: access } }),
        'permission_denied',
        'needs-directory',
      );
      assert.equal(error.missing, access);
    }
    assert.deepEqual(
      environment.lines.map(({ reason }) => reason),
      ['needs-directory', 'needs-directory'],
    );
  });

  it('asks for a credential before it refuses a privileged permission', async () => {
    await assertRefused(
      () => authorize(undefined, { access: { permission: 'users:write' } }),
      'unauthenticated',
    );
  });

  it('allows a rule with own only for the owner', async () => {
    const access = { permission: 'notes:write', own: true } as const;
    const token = await environment.token(['members']);
    const { directoryId: owner = '' } = await authorize(token);
    await authorize(token, { access, resource: async () => ({ owner }) });
    await assertRefused(
      () => authorize(token, { access, resource: async () => ({ owner: 'bob' }) }),
      'not_found',
    );
    await assertRefused(() => authorize(token, { access, resource: async () => undefined }), 'not_found');
  });

  it('allows no resource to a rule with own when the owner is not loaded', async () => {
    const access = { permission: 'notes:write', own: true } as const;
    const token = await environment.token(['members']);
    await assertRefused(() => authorize(token, { access }), 'not_found');
  });

  it('refuses when loading the resource fails, and logs the error', async () => {
    const access = { permission: 'notes:write', own: true } as const;
    const token = await environment.token(['members']);
    const resource = () => Promise.reject(new TypeError('boom'));
    await assert.rejects(authorize(token, { access, resource }), { code: 'internal' });
    assert.deepEqual(
      environment.lines.map(({ event, granted, code }) => [event, granted, code]),
      [
        ['decision', false, 'internal'],
        ['failure', undefined, 'internal'],
      ],
    );
  });

  it('refuses with unavailable when the issuer’s keys cannot be fetched', async () => {
    environment.keys.answer((_req, res) => void res.writeHead(500).end());
    const token = await environment.token(['members']);
    const error = await assertRefused(() => authorize(token), 'unavailable');
    assert.equal(error.retryAfter, 5);
    assert.deepEqual(
      environment.lines.map(({ event, granted }) => [event, granted]),
      [
        ['decision', false],
        ['failure', undefined],
      ],
    );
  });

  it('writes no token to the log', async () => {
    const token = await environment.token(['members']);
    await authorize(token);
    await assertRefused(() => authorize(`${token.slice(0, -8)}AAAAAAAA`), 'invalid_token');
    const [, payload = '', signature = ''] = token.split('.');
    const log = JSON.stringify(environment.lines);
    assert.ok(!log.includes(payload) && !log.includes(signature.slice(0, 40)));
  });

  it('decides as the API does, except for privileged permissions', async () => {
    const principal = await authorize(await environment.token(['members']));
    const decide = (access: AccessRule) => decideWithoutDirectory(principal, access, undefined, 0);
    assert.deepEqual(decide({ permission: 'notes:read' }), { allowed: true, reason: 'granted' });
    assert.deepEqual(decide('signed-in'), { allowed: true, reason: 'signed-in' });
    assert.deepEqual(decide({ permission: 'owners:assign' }), { allowed: false, reason: 'needs-directory' });
  });

  it('requires a recent sign-in where the rule has a maximum age', async () => {
    const now = Math.floor(Date.now() / 1000);
    const access = { permission: 'notes:read', maxAge: 300 } as const;
    await authorize(await environment.token(['members'], { auth_time: now - 60 }), { access });
    const old = await environment.token(['members'], { auth_time: now - 400 });
    await assertRefused(() => authorize(old, { access }), 'step_up_required');
    assert.equal(environment.lines.at(-1)?.reason, 'step-up-required');
  });
});
