import assert from 'node:assert/strict';
import { generate } from 'otplib';
import type { SoftAuthenticator } from '../../helpers/authenticator.ts';
import { openPasskeyApi, type PasskeyApi } from '../../helpers/passkeys.ts';
import { openBrowser, type SessionBrowser } from '../../helpers/session-browser.ts';

/** The requests of a step-up, as in production: RS256 tokens, real HTTP, signatures of passkeys. */
describe('POST /me/step-up', () => {
  let test: PasskeyApi;
  beforeEach(async () => {
    test = await openPasskeyApi({ product: { mfa: { requireFactorFor: ['admin'] } } });
    await test.api.deps.users.get('admin'); // provisions the entry
  });
  afterEach(() => test.close());

  /** A client with a token, or with the cookie of a browser. */
  function clientOf(token?: string, browser?: SessionBrowser) {
    const opened = browser ?? openBrowser(`http://127.0.0.1:${test.api.port}/v1`);
    const headers = { ...(token && { Authorization: `Bearer ${token}` }) };
    const send = (route: string, body?: object) => opened.send(route, { headers, ...(body && { body }) });
    return {
      browser: opened,
      send,
      async stepUp(authenticator: SoftAuthenticator) {
        const options = await send('POST /me/step-up/options', {});
        assert.equal(options.status, 200, JSON.stringify(options.body));
        // The server wrote the options.
        const passkey = authenticator.get(options.body as unknown as { challenge: string });
        return send('POST /me/step-up', { passkey });
      },
    };
  }
  const change = { disabled: true };

  it('raises the tokens of the sign-in: the four steps of a client', async () => {
    const { authenticator } = await test.enrol({ who: 'admin' });
    const token = await test.idToken('admin');
    const client = clientOf(token);
    for (const route of ['GET /me', 'PATCH /users/unknown']) {
      const { status, code, body, headers } = await client.send(
        route,
        route === 'GET /me' ? undefined : change,
      );
      assert.deepEqual([status, code], [401, 'step_up_required'], route);
      assert.deepEqual((body.stepUp as { factors: unknown }).factors, ['passkey']);
      assert.match(
        headers.get('www-authenticate') ?? '',
        /insufficient_user_authentication.*acr_values="aal2"/,
      );
    }
    const { status, body } = await client.stepUp(authenticator);
    assert.deepEqual([status, body.session], [200, undefined], JSON.stringify(body));
    const assurance = { level: 'aal2', methods: ['password', 'passkey'] };
    assert.partialDeepStrictEqual(body.assurance, assurance);
    assert.partialDeepStrictEqual((await client.send('GET /me')).body.assurance, assurance);
    assert.equal((await client.send('PATCH /users/unknown', change)).status, 404);

    test.clock.move(700_000);
    const refreshed = await test.idToken('admin', { auth_time: test.now() - 700 });
    const later = await clientOf(refreshed).send('PATCH /users/unknown', change);
    assert.deepEqual(
      [later.code, later.body.stepUp],
      ['step_up_required', { ...{ assurance: 'aal2', maxAge: 600 }, factors: ['passkey'] }],
    );
    assert.equal((await clientOf(refreshed).send('GET /me')).status, 200);
  });

  it('raises the session of the cookie alone, also just after a role change', async () => {
    const { authenticator } = await test.enrol({ who: 'admin' });
    const client = clientOf();
    await client.browser.signIn(await test.idToken('admin'));
    const other = clientOf();
    await other.browser.signIn(await test.idToken('admin'));
    assert.equal((await client.send('GET /me')).code, 'step_up_required');
    await test.change('admin', {
      grants: [
        { role: 'admin', grantedBy: 'x', grantedAt: 1 },
        { role: 'support', grantedBy: 'x', grantedAt: 1 },
      ],
    });
    const before = client.browser.cookie;
    const { status, body, setCookie } = await client.stepUp(authenticator);
    assert.equal(status, 200, JSON.stringify(body));
    assert.equal(setCookie.length, 1);
    assert.notEqual(client.browser.cookie, before);
    assert.partialDeepStrictEqual(body.session, {
      assurance: { level: 'aal2' },
      roles: ['admin', 'support'],
    });
    assert.equal((await client.send('GET /me')).status, 200);
    assert.equal((await client.send('PATCH /users/unknown', change)).status, 404);
    for (const one of [other, clientOf(await test.idToken('admin'))])
      assert.equal((await one.send('GET /me')).code, 'step_up_required');
  });

  it('refuses the passkey of another user, a replayed answer, and the options of another user', async () => {
    const { authenticator } = await test.enrol({ who: 'admin' });
    const other = await test.enrol({ who: 'member' });
    const client = clientOf(await test.idToken('admin'));
    const options = (await client.send('POST /me/step-up/options', {})).body as unknown as {
      challenge: string;
    };
    const byOther = await client.send('POST /me/step-up', { passkey: other.authenticator.get(options) });
    assert.deepEqual([byOther.status, byOther.code], [403, 'invalid_factor']);
    const passkey = authenticator.get(options);
    const member = clientOf(await test.idToken('member'));
    assert.equal((await member.send('POST /me/step-up', { passkey })).code, 'invalid_factor');
    assert.equal((await client.send('POST /me/step-up', { passkey })).status, 200);
    const elsewhere = clientOf(await test.idToken('admin', { auth_time: test.now() - 1 }));
    assert.equal((await elsewhere.send('POST /me/step-up', { passkey })).code, 'invalid_factor');
    assert.equal((await elsewhere.send('GET /me')).code, 'step_up_required');
    const refused = (await test.events('mfa.step-up')).filter(({ outcome }) => outcome === 'refused');
    assert.deepEqual([refused.length, refused.every(({ reason }) => reason !== undefined)], [3, true]);
  });

  it('ends with "sign out everywhere" and with the sign-out of the session', async () => {
    const { authenticator } = await test.enrol({ who: 'admin' });
    const client = clientOf(await test.idToken('admin'));
    assert.equal((await client.stepUp(authenticator)).status, 200);
    const device = clientOf();
    await device.browser.signIn(await test.idToken('admin', { auth_time: test.now() - 1 }));
    assert.equal((await device.stepUp(authenticator)).status, 200);
    const { cookie } = device.browser;
    assert.equal((await device.send('DELETE /sessions/current')).status, 204);
    const stolen = clientOf();
    stolen.browser.cookie = cookie;
    assert.equal((await stolen.send('GET /me')).code, 'invalid_token');

    test.clock.move(2000);
    assert.equal((await client.send('POST /me/revoke')).status, 200);
    assert.equal((await client.send('GET /me')).code, 'token_stale');
    test.clock.move(2000);
    assert.equal((await clientOf(await test.idToken('admin')).send('GET /me')).code, 'step_up_required');
  });

  it('gives a session its step-up, and a Firebase token of the session none', async () => {
    const { authenticator } = await test.enrol({ who: 'admin' });
    const signIn = test.now();
    const token = await test.idToken('admin');
    assert.equal((await clientOf(token).stepUp(authenticator)).status, 200);
    const client = clientOf();
    await client.browser.signIn(token);
    assert.equal((await client.send('GET /me')).status, 200);
    assert.equal((await client.send('POST /sessions/current/firebase-token')).status, 200);
    const firebase = { identities: {}, sign_in_provider: 'custom' };
    const derived = await test.idToken('admin', { subject_auth_time: signIn, firebase });
    assert.equal((await clientOf(derived).send('GET /me')).code, 'step_up_required');
  });

  it('reads a code as people type it, and refuses what is none', async () => {
    const token = await test.idToken('admin');
    const client = clientOf(token);
    const started = (await client.send('POST /me/factors/totp', {})).body as { secret?: string };
    const codeIn = (seconds: number) =>
      generate({ secret: started.secret ?? '', epoch: test.now() + seconds });
    assert.equal((await client.send('POST /me/factors/totp/confirm', { code: await codeIn(0) })).status, 200);
    for (const totp of ['12345', 'abcdef', '1234567', '１２３４５６', '']) {
      const { status, code } = await client.send('POST /me/step-up', { totp });
      assert.deepEqual([status, code], [400, 'invalid_argument'], totp);
    }
    const typed = (await codeIn(30)).replace(/^.../, '$& ');
    assert.equal((await client.send('POST /me/step-up', { totp: typed })).status, 200);
  });

  it('is refused for a page of another site, and without the CSRF token', async () => {
    const { authenticator } = await test.enrol({ who: 'admin' });
    const client = clientOf();
    await client.browser.signIn(await test.idToken('admin'));
    const options = (await client.send('POST /me/step-up/options', {})).body as unknown as {
      challenge: string;
    };
    const body = { passkey: authenticator.get(options) };
    const foreign = { body, headers: { Origin: 'https://evil.example' } };
    assert.equal((await client.browser.send('POST /me/step-up', foreign)).code, 'origin_denied');
    client.browser.csrfToken = undefined;
    assert.equal((await client.send('POST /me/step-up', body)).code, 'csrf_failed');
    assert.equal((await client.send('GET /me')).code, 'step_up_required');
  });
});
