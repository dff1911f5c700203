import assert from 'node:assert/strict';
import supertest from 'supertest';
import { EVERY_SIGN_IN, type SignInPolicy } from '../../../src/authn/sign-in-policy.ts';
import { createApp } from '../../../src/http/app.ts';
import { createSessionsService } from '../../../src/sessions/sessions-service.ts';
import { type Api, ORIGIN, openApi } from '../../helpers/api.ts';
import { mintIdToken } from '../../helpers/google.ts';
import { openInstanceOn } from '../../helpers/instance.ts';
import { LIMITS, openSessions, reasonOf, type TestSessions } from '../../helpers/sessions.ts';

/** Sessions of a password sign-in with bob@example.com, which is verified. */
describe('a session, after a deployment with another sign-in policy', () => {
  let test: TestSessions;
  beforeEach(async () => {
    test = await openSessions();
  });
  afterEach(() => test.close());

  /** The sessions service of an instance of the new deployment. */
  function deploy(signIn: Partial<SignInPolicy>) {
    const { platform, ...services } = test.access.another();
    const config = { ...platform.config, sessions: LIMITS, signIn: { ...EVERY_SIGN_IN, ...signIn } };
    return createSessionsService({ ...platform, config }, services);
  }

  for (const [what, policy, reason] of [
    ['its provider', { providers: ['google.com'] }, 'provider-not-allowed'],
    ['its domain', { emailDomains: ['acme.com'] }, 'email-domain-not-allowed'],
  ] as const) {
    it(`is refused at the next read, and cannot be renewed, if ${what} is not allowed any more`, async () => {
      const { value } = await test.create('bob');
      const service = deploy(policy);
      assert.equal(await reasonOf(test.read(value, service)), reason);
      assert.equal(await reasonOf(test.renew(value, { service })), reason);
      assert.equal(await reasonOf(service.create(test.signIn('bob'), { replaces: [] })), reason, 'a new one');
    });
  }

  it('goes on if the policy allows its sign-in', async () => {
    const { value, session } = await test.create('bob');
    const policy = { providers: ['password'], emailDomains: ['example.com'], verifiedEmail: true };
    const read = await test.read(value, deploy({ ...policy, anonymous: false }));
    assert.equal(read.session.id, session.id);
  });

  it('goes on for a user of another issuer, for whom trustedIssuers decides', async () => {
    const { value } = await test.create('ada');
    await test.read(value, deploy({ providers: ['google.com'], emailDomains: ['acme.com'] }));
  });
});

describe('a session cookie, after a deployment with another sign-in policy', () => {
  let api: Api;
  beforeEach(async () => {
    api = await openApi();
  });
  afterEach(() => api.close());

  it('is 403 with a text for the user, and can still be signed out', async () => {
    const now = Math.floor(Date.now() / 1000);
    const token = await mintIdToken({ sub: 'member', user_id: 'member', auth_time: now - 10, rv: 1 });
    const begun = await api.as().post('/v1/sessions').auth(token, { type: 'bearer' });
    assert.equal(begun.status, 200, JSON.stringify(begun.body));
    const [cookie = ''] = String(begun.headers['set-cookie']).split(';');
    const before = await api.as().get('/v1/me').set('Cookie', cookie);
    assert.equal(before.status, 200);

    const product = { signIn: { providers: ['google.com'] } };
    const env = { ALLOWED_ORIGINS: ORIGIN };
    const deployed = createApp(openInstanceOn(api.google, api.firestore, { product, env }));
    const client = supertest
      .agent(deployed)
      .set({ 'X-Forwarded-Proto': 'https', Cookie: cookie, Origin: ORIGIN });
    const refused = await client.get('/v1/me');
    assert.deepEqual([refused.status, refused.body.code], [403, 'sign_in_not_allowed']);
    assert.match(refused.body.detail, /Sign in with another one/);
    assert.equal(refused.headers['set-cookie'], undefined);

    const ended = await client.delete('/v1/sessions/current').set('X-CSRF-Token', begun.body.csrfToken);
    assert.equal(ended.status, 204, JSON.stringify(ended.body));
    assert.match(String(ended.headers['set-cookie']), /__session=;/);
    assert.equal((await api.firestore.db.collection('sessions').get()).size, 0);
  });
});
