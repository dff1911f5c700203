import assert from 'node:assert/strict';
import { createUserCreatedTrigger } from '../../../src/triggers/user-created.ts';
import { type Api, breakFirebaseAuth, openApi } from '../../helpers/api.ts';
import type { GoogleUser } from '../../helpers/google.ts';

describe('onUserCreated', () => {
  let api: Api;
  afterEach(() => api.close());

  /** Signs up `user` and delivers the event, `times` times. */
  async function signUp(
    user: Omit<GoogleUser, 'localId'> | undefined,
    env: Record<string, string> = {},
    times = 1,
  ) {
    api = await openApi({ env });
    if (user !== undefined) {
      const providerUserInfo = [{ providerId: 'password', rawId: 'x' }];
      const account = { localId: 'new', providerUserInfo, ...user };
      api.google.users.set('new', account);
    }
    const trigger = createUserCreatedTrigger({}, () => api.deps);
    // Of the event it reads the id and the uid only; everything else it asks Firebase Auth.
    const event = { id: 'event-1', data: { uid: 'new' } } as Parameters<typeof trigger.run>[0];
    for (let i = 0; i < times; i++) await trigger.run(event);
    const stored = api.google.users.get('new');
    return { stored, claims: JSON.parse(stored?.customAttributes ?? 'null') };
  }

  const ada = { email: 'ada@acme.com', emailVerified: true };
  const ACME = { SIGN_UP_DOMAINS: 'acme.com' };

  it('gives the default role, and logs it', async () => {
    const { claims } = await signUp(ada);
    assert.deepEqual(claims, { roles: ['member'], rv: 1 });
    assert.deepEqual(
      api.lines.map(({ kind, action, actor, target, requestId }) => [kind, action, actor, target, requestId]),
      [['change', 'roles.default', 'system', 'new', 'event-1']],
    );
  });

  it('keeps the claims of others', async () => {
    const { claims } = await signUp({ ...ada, customAttributes: '{"tier":"gold"}' });
    assert.deepEqual(claims, { tier: 'gold', roles: ['member'], rv: 1 });
  });

  it('does nothing the second time', async () => {
    const { claims } = await signUp(ada, {}, 2);
    assert.deepEqual(claims, { roles: ['member'], rv: 1 });
    assert.equal(api.google.count('accounts:update'), 1);
  });

  it('brings back no role that somebody took away', async () => {
    const { claims } = await signUp({ ...ada, customAttributes: '{"roles":[],"rv":2}' });
    assert.deepEqual(claims, { roles: [], rv: 2 });
  });

  it('takes away no role that somebody gave by hand, without a version', async () => {
    const { claims } = await signUp({ ...ada, customAttributes: '{"roles":["owner"]}' });
    assert.ok(claims.roles.includes('owner'), JSON.stringify(claims));
  });

  it('disables and signs out somebody of another domain', async () => {
    const { stored, claims } = await signUp({ email: 'x@acme.com.evil.com', emailVerified: true }, ACME);
    assert.equal(stored?.disabled, true);
    assert.ok(Number(stored?.validSince) > 0);
    assert.equal(claims, null);
  });

  it('gives somebody of the domain whose e-mail is not verified no role, and leaves them enabled', async () => {
    const { stored, claims } = await signUp({ ...ada, emailVerified: false }, ACME);
    assert.deepEqual([stored?.disabled, claims], [undefined, null]);
  });

  it('gives no role where the default is none', async () => {
    assert.equal((await signUp(ada, { DEFAULT_ROLE: 'none' })).claims, null);
  });

  it('does nothing for somebody who is gone again', async () => {
    await signUp(undefined);
    assert.equal(api.google.count('accounts:update'), 0);
  });

  it('fails while Firebase Auth is down, so that the event is delivered again', async () => {
    api = await openApi();
    breakFirebaseAuth(api.google);
    const trigger = createUserCreatedTrigger({}, () => api.deps);
    const event = { id: 'event-1', data: { uid: 'new' } } as Parameters<typeof trigger.run>[0];
    await assert.rejects(async () => trigger.run(event), { code: 'unavailable' });
  });
});
