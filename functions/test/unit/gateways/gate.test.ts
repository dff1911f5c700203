import assert from 'node:assert/strict';
import { type Gate, judge } from '../../../src/gateways/gate.ts';
import { GATE_ISSUER, type GateWorld, openGateWorld } from '../../helpers/gate.ts';
import { assertRefused } from '../../helpers/refusal.ts';

type Attempt = Parameters<Gate['pass']>[0];

describe('gate', () => {
  let world: GateWorld;

  beforeEach(async () => {
    world = await openGateWorld();
  });

  afterEach(() => world.close());

  const pass = (token: string | undefined, attempt: Partial<Attempt> = {}) =>
    world.gate.pass({
      authorization: token === undefined ? [] : [`Bearer ${token}`],
      access: { permission: 'notes:read' },
      requestId: 'r1',
      ...attempt,
    });

  it('lets pass who has the permission, with one line in the log', async () => {
    const principal = await pass(await world.token(['members']));
    assert.deepEqual(principal.roles, ['member']);
    assert.deepEqual(world.lines, [
      {
        requestId: 'r1',
        permission: 'notes:read',
        issuer: GATE_ISSUER,
        subject: 'ada',
        granted: true,
        reason: 'granted',
        event: 'decision',
        message: 'decision',
        severity: 'INFO',
      },
    ]);
  });

  it('refuses who lacks the permission, and names it', async () => {
    const token = await world.token(['reporters']);
    const error = await assertRefused(() => pass(token), 'permission_denied');
    assert.equal(error.missing, 'notes:read');
    assert.deepEqual(
      world.lines.map(({ granted, reason, subject }) => [granted, reason, subject]),
      [[false, 'missing-permission', 'ada']],
    );
  });

  it('refuses nobody in particular where one has to be signed in', async () => {
    await assertRefused(() => pass(undefined, { access: 'signed-in' }), 'unauthenticated');
    const [line] = world.lines;
    assert.deepEqual([line?.granted, line?.reason, line?.issuer], [false, 'anonymous', undefined]);
  });

  it('lets nobody in particular pass where anybody may', async () => {
    assert.equal((await pass(undefined, { access: 'public' })).kind, 'anonymous');
  });

  it('refuses a bad token even where anybody may pass', async () => {
    await assertRefused(() => pass('a.b.c', { access: 'public' }), 'invalid_token');
  });

  it('refuses two credentials', async () => {
    const line = `Bearer ${await world.token(['members'])}`;
    await assertRefused(() => pass(undefined, { authorization: [line, line] }), 'invalid_request');
    assert.deepEqual(
      world.lines.map(({ granted, code }) => [granted, code]),
      [[false, 'invalid_request']],
    );
  });

  it('fetches nothing for an issuer that it does not know', async () => {
    const token = await world.token(['members'], { iss: 'https://evil.example/' });
    await assertRefused(() => pass(token), 'invalid_token', 'issuer-not-trusted');
    assert.deepEqual(world.keys.requests, []);
  });

  function firebaseToken(roles: readonly string[]): Promise<string> {
    const now = Math.floor(Date.now() / 1000);
    return world.pair.sign({
      iss: 'https://securetoken.google.com/shop-1234',
      aud: 'shop-1234',
      sub: 'uid-1',
      auth_time: now - 60,
      iat: now - 10,
      exp: now + 3_590,
      ...{ roles, rv: 1 },
    });
  }

  it('knows a Firebase user by the uid, with the roles that Gatehouse wrote into the token', async () => {
    const token = await firebaseToken(['support']);
    const { directoryId, uid, permissions } = await pass(token, { access: { permission: 'users:read' } });
    assert.deepEqual([directoryId, uid], ['uid-1', 'uid-1']);
    assert.ok(permissions.includes('notes:moderate'));
  });

  it('never decides privileged access, whatever a token says', async () => {
    const token = await firebaseToken(['owner']);
    for (const access of ['users:write', 'roles:assign'] as const) {
      const error = await assertRefused(
        () => pass(token, { access: { permission: access } }),
        'permission_denied',
        'needs-directory',
      );
      assert.equal(error.missing, access);
    }
    assert.deepEqual(
      world.lines.map(({ reason }) => reason),
      ['needs-directory', 'needs-directory'],
    );
  });

  it('asks for a credential before it says that something needs the directory', async () => {
    await assertRefused(() => pass(undefined, { access: { permission: 'users:write' } }), 'unauthenticated');
  });

  it('lets pass to one’s own alone', async () => {
    const access = { permission: 'notes:write', own: true } as const;
    const token = await world.token(['members']);
    const { directoryId: owner = '' } = await pass(token);
    await pass(token, { access, resource: async () => ({ owner }) });
    await assertRefused(() => pass(token, { access, resource: async () => ({ owner: 'bob' }) }), 'not_found');
    await assertRefused(() => pass(token, { access, resource: async () => undefined }), 'not_found');
  });

  it('takes nothing for one’s own when nobody says whose it is', async () => {
    const access = { permission: 'notes:write', own: true } as const;
    const token = await world.token(['members']);
    await assertRefused(() => pass(token, { access }), 'not_found');
  });

  it('refuses when it cannot be found out whose it is, and logs why', async () => {
    const access = { permission: 'notes:write', own: true } as const;
    const token = await world.token(['members']);
    const resource = () => Promise.reject(new TypeError('boom'));
    await assert.rejects(pass(token, { access, resource }), { code: 'internal' });
    assert.deepEqual(
      world.lines.map(({ event, granted, code }) => [event, granted, code]),
      [
        ['decision', false, 'internal'],
        ['failure', undefined, 'internal'],
      ],
    );
  });

  it('is unavailable, not open, when the issuer’s keys cannot be had', async () => {
    world.keys.answer((_req, res) => void res.writeHead(500).end());
    const token = await world.token(['members']);
    const error = await assertRefused(() => pass(token), 'unavailable');
    assert.equal(error.retryAfter, 5);
    assert.deepEqual(
      world.lines.map(({ event, granted }) => [event, granted]),
      [
        ['decision', false],
        ['failure', undefined],
      ],
    );
  });

  it('writes no token to the log', async () => {
    const token = await world.token(['members']);
    await pass(token);
    await assertRefused(() => pass(`${token.slice(0, -8)}AAAAAAAA`), 'invalid_token');
    const [, payload = '', signature = ''] = token.split('.');
    const log = JSON.stringify(world.lines);
    assert.ok(!log.includes(payload) && !log.includes(signature.slice(0, 40)));
  });

  it('judges as the API does in all but what is privileged', async () => {
    const principal = await pass(await world.token(['members']));
    assert.deepEqual(judge(principal, { permission: 'notes:read' }), { allowed: true, reason: 'granted' });
    assert.deepEqual(judge(principal, 'signed-in'), { allowed: true, reason: 'signed-in' });
    assert.deepEqual(judge(principal, { permission: 'clients:write' }), {
      allowed: false,
      reason: 'needs-directory',
    });
  });
});
