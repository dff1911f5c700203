import assert from 'node:assert/strict';
import type { Access, Resource } from '../../src/authz/decide.ts';
import { guard } from '../../src/guard.ts';
import { mintAppCheckToken, playAppCheck } from '../helpers/app-check-tokens.ts';
import { forgeIdToken, unsigned } from '../helpers/forge.ts';
import { ACCOUNTS_LOOKUP, type Google, ISSUER, mintIdToken, openGoogle } from '../helpers/google.ts';
import { createInstance, type Instance } from '../helpers/instance.ts';
import { assertRefused } from '../helpers/refusal.ts';

describe('guard', () => {
  let google: Google;
  let instance: Instance;
  beforeEach(async () => {
    google = await openGoogle();
    google.users.set('ada', { localId: 'ada', customAttributes: '{"roles":["member"],"rv":1}' });
    instance = createInstance(google);
  });
  afterEach(() => google.close());

  const knock = (
    access: Access,
    token?: string,
    { appCheck = [], ...more }: { appCheck?: string[]; changes?: boolean; resource?: () => Resource } = {},
  ) =>
    guard(instance, {
      authorization: token === undefined ? [] : [`Bearer ${token}`],
      appCheck,
      access,
      changes: false,
      requestId: 'r1',
      ...more,
    });
  const member = () => mintIdToken({ roles: ['member'], rv: 1 });

  it('lets pass who may, and writes one line about it', async () => {
    assert.equal((await knock('notes:read', await member())).subject, 'ada');
    assert.deepEqual(instance.lines, [
      {
        kind: 'decision',
        requestId: 'r1',
        access: 'notes:read',
        issuer: ISSUER,
        subject: 'ada',
        granted: true,
        reason: 'granted',
      },
    ]);
  });

  it('tells who lacks a permission which one, and writes one line about it', async () => {
    const token = await member();
    const error = await assertRefused(() => knock('users:read', token), 'permission_denied');
    assert.equal(error.missing, 'users:read');
    assert.equal(instance.lines.length, 1);
    assert.deepEqual(
      instance.lines.map(({ granted, reason, subject }) => [granted, reason, subject]),
      [[false, 'missing-permission', 'ada']],
    );
  });

  it('asks who is nobody to sign in', async () => {
    const error = await assertRefused(() => knock('signed-in'), 'unauthenticated');
    assert.equal(error.missing, undefined);
    assert.deepEqual(
      instance.lines.map(({ granted, reason }) => [granted, reason]),
      [[false, 'anonymous']],
    );
  });

  it('lets nobody in particular pass to what is public', async () => {
    assert.equal((await knock('public')).kind, 'anonymous');
  });

  it('refuses a bad credential even where none is needed, and says why in the log alone', async () => {
    const token = forgeIdToken({ header: { alg: 'none' }, signer: unsigned });
    const error = await assertRefused(() => knock('public', token), 'invalid_token', 'wrong algorithm');
    assert.equal(error.message, 'The credential was not accepted.');
    assert.deepEqual(instance.lines, [
      {
        kind: 'decision',
        requestId: 'r1',
        access: 'public',
        granted: false,
        reason: 'wrong algorithm',
        code: 'invalid_token',
      },
    ]);
  });

  const odd: Record<string, readonly [authorization: string[], code: 'invalid_request' | 'invalid_token']> = {
    'two Authorization headers': [['Bearer a.b.c', 'Bearer a.b.c'], 'invalid_request'],
    'another scheme': [['Basic YTpi'], 'invalid_token'],
  };
  for (const [what, [authorization, code]] of Object.entries(odd)) {
    it(`writes one line about ${what}, too`, async () => {
      const attempt = {
        authorization,
        appCheck: [],
        access: 'public',
        changes: false,
        requestId: 'r1',
      } as const;
      await assertRefused(() => guard(instance, attempt), code);
      assert.deepEqual(
        instance.lines.map((line) => [line.kind, line.granted, line.code]),
        [['decision', false, code]],
      );
    });
  }

  it('writes no part of a token, whatever becomes of it', async () => {
    const tokens = [
      await member(),
      await mintIdToken({ aud: 'other' }),
      forgeIdToken({ header: { kid: 'x' } }),
      'secret.secret.secret',
      'secret',
    ];
    for (const token of tokens) await knock('users:read', token).catch(() => undefined);
    assert.equal(instance.lines.length, tokens.length);
    const written = JSON.stringify(instance.lines);
    for (const part of tokens.flatMap((token) => token.split('.'))) assert.ok(!written.includes(part), part);
  });

  it('decides on privileged access by the record, not by the token', async () => {
    const token = await mintIdToken({ roles: ['owner'], rv: 1 });
    await assertRefused(() => knock('roles:assign', token), 'token_stale');
  });

  it('fails closed when the record cannot be read', async () => {
    google.answer(ACCOUNTS_LOOKUP, () => (res) => void res.writeHead(500).end());
    const token = await mintIdToken({ roles: ['owner'], rv: 1 });
    await assertRefused(() => knock('roles:assign', token), 'unavailable');
    assert.deepEqual(
      instance.lines.map(({ granted, code }) => [granted, code]),
      [[false, 'unavailable']],
    );
  });

  it('lets pass to one’s own, and not to somebody else’s', async () => {
    const access = { permission: 'notes:read', own: true } as const;
    const token = await member();
    assert.equal((await knock(access, token, { resource: () => ({ owner: 'ada' }) })).subject, 'ada');
    const error = await assertRefused(
      () => knock(access, token, { resource: () => ({ owner: 'bob' }) }),
      'permission_denied',
    );
    assert.equal(error.message, 'This belongs to somebody else.');
    await assertRefused(() => knock(access, token), 'permission_denied');
  });

  it('does not look at the resource before somebody is signed in', async () => {
    let looked = 0;
    const resource = () => {
      looked++;
      return { owner: 'ada' };
    };
    await assertRefused(
      () => knock({ permission: 'notes:read', own: true }, undefined, { resource }),
      'unauthenticated',
    );
    assert.equal(looked, 0);
  });

  it('lets a failure that is no refusal go on as it is', async () => {
    const broken = {
      ...instance,
      accountStates: { get: () => Promise.reject(new TypeError('a bug')), forget() {} },
    };
    const token = await member();
    const attempt = {
      authorization: [`Bearer ${token}`],
      appCheck: [],
      access: 'signed-in',
      changes: false,
    } as const;
    await assert.rejects(guard(broken, { ...attempt, requestId: 'r1' }), TypeError);
  });
});

describe('guard with App Check', () => {
  let google: Google;
  let instance: Instance;
  beforeEach(async () => {
    google = await openGoogle();
    playAppCheck(google);
    google.users.set('ada', { localId: 'ada' });
    instance = createInstance(google, { env: { APP_CHECK: 'true', APP_CHECK_CONSUME: 'true' } });
  });
  afterEach(() => google.close());

  const knock = (access: Access, authorization: string[], appCheck: string[], changes = false) =>
    guard(instance, { authorization, appCheck, access, changes, requestId: 'r1' });

  it('asks for an app before it asks who is there, and writes one line about it', async () => {
    await assertRefused(() => knock('signed-in', [], []), 'app_check_failed');
    assert.deepEqual(
      instance.lines.map(({ granted, code }) => [granted, code]),
      [[false, 'app_check_failed']],
    );
    await assertRefused(async () => knock('signed-in', [], [await mintAppCheckToken()]), 'unauthenticated');
  });

  it('does not ask for an app where access is public', async () => {
    assert.equal((await knock('public', [], [])).kind, 'anonymous');
  });

  it('takes an App Check token for one change', async () => {
    const bearer = [`Bearer ${await mintIdToken()}`];
    const app = [await mintAppCheckToken()];
    await knock('signed-in', bearer, app, true);
    await assertRefused(
      () => knock('signed-in', bearer, app, true),
      'app_check_failed',
      'App Check: already consumed',
    );
  });
});
