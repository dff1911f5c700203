import assert from 'node:assert/strict';
import { claimsOf, outcome } from '../../helpers/exchange-api.ts';
import { openPasskeyApi, type PasskeyApi, SECOND_FACTOR } from '../../helpers/passkeys.ts';
import { ORIGIN } from '../../helpers/session-browser.ts';

describe('sign-in with a passkey', () => {
  let passkeys: PasskeyApi;
  beforeEach(async () => {
    passkeys = await openPasskeyApi();
  });
  afterEach(() => passkeys.close());

  it('needs no name, and gives a custom token of the time of the ceremony', async () => {
    const { authenticator, factor } = await passkeys.enrol();
    passkeys.clock.move(1000);
    const options = await passkeys.signInOptions();
    assert.deepEqual(
      { ...options, challenge: options.challenge.length },
      { rpId: 'example.com', challenge: 43, timeout: 300_000, userVerification: 'required' },
    );
    const answer = await passkeys.signIn(authenticator);
    assert.equal(answer.status, 200, answer.text);
    const { uid, claims } = claimsOf(answer.body.customToken);
    assert.deepEqual([uid, claims], ['member', { passkey_auth_time: passkeys.now() }]);
    assert.equal(answer.headers['set-cookie'], undefined);
    const [event] = await passkeys.events('passkey.sign-in');
    assert.deepEqual([event?.actor, event?.outcome, event?.after], ['member', 'done', { factor: factor.id }]);
  });

  it('is aal2 with the token that Firebase makes of the custom token', async () => {
    const { authenticator } = await passkeys.enrol();
    const { body } = await passkeys.signIn(authenticator);
    const { claims } = claimsOf(body.customToken);
    const token = await passkeys.idToken('member', {
      ...Object(claims),
      firebase: { identities: {}, sign_in_provider: 'custom' },
    });
    const me = await passkeys.api.as().get('/v1/me').set('Authorization', `Bearer ${token}`);
    assert.deepEqual([me.body.assurance.level, me.body.assurance.methods], ['aal2', ['passkey']]);
  });

  it('begins a session at once, which is aal2', async () => {
    const { authenticator } = await passkeys.enrol();
    const answer = await passkeys.signIn(authenticator, {}, { session: true });
    assert.equal(answer.status, 200, answer.text);
    assert.equal(answer.body.customToken, undefined);
    assert.match(String(answer.headers['set-cookie']), /^__session=gs1_/);
    const { uid, assurance, email, provider, csrfToken } = answer.body.session;
    assert.deepEqual([uid, email, provider], ['member', 'member@example.com', 'passkey']);
    assert.deepEqual([assurance.level, assurance.methods], ['aal2', ['passkey']]);
    assert.ok(csrfToken);
  });

  it('begins no session for a page of another origin, and does not use the challenge', async () => {
    const { authenticator } = await passkeys.enrol();
    const response = authenticator.get(await passkeys.signInOptions());
    const verify = (origin?: string) => {
      const sending = passkeys.api.as().post('/v1/passkeys/sign-in/verify');
      return (origin ? sending.set('Origin', origin) : sending).send({ response, session: true });
    };
    assert.equal(outcome(await verify()), '403 csrf_failed');
    assert.equal(outcome(await verify('https://evil.example')), '403 origin_denied');
    assert.equal(outcome(await verify(ORIGIN)), '200');
  });

  it('works for synced passkeys with a counter of 0, and for each algorithm', async () => {
    for (const how of [
      { backup: true },
      { algorithm: 'RS256' },
      { algorithm: 'EdDSA' },
      { attestation: 'packed' },
    ] as const) {
      const { authenticator, factor } = await passkeys.enrol({ ...how, aal2: true });
      assert.equal(factor.backedUp, 'backup' in how);
      for (const _ of [1, 2]) assert.equal(outcome(await passkeys.signIn(authenticator)), '200');
    }
  });

  it('a revocation ends the sign-in of a custom token that was not used yet', async () => {
    const { authenticator } = await passkeys.enrol();
    const { body } = await passkeys.signIn(authenticator);
    const { claims } = claimsOf(body.customToken);
    await passkeys.change('member', { revoke: true });
    passkeys.clock.move(20_000);
    const token = await passkeys.idToken('member', {
      ...Object(claims),
      firebase: { identities: {}, sign_in_provider: 'custom' },
    });
    const late = await passkeys.api.as().get('/v1/me').set('Authorization', `Bearer ${token}`);
    assert.equal(outcome(late), '401 token_stale');
  });

  it('refuses a disabled user, and a deleted one together with the passkeys', async () => {
    const { authenticator } = await passkeys.enrol();
    await passkeys.change('member', { disabled: true });
    assert.equal(outcome(await passkeys.signIn(authenticator)), '401 invalid_token');
    const [event] = await passkeys.events('passkey.sign-in');
    assert.deepEqual([event?.outcome, event?.reason], ['refused', 'account-disabled']);
    await passkeys.change('member', { disabled: false });
    passkeys.clock.move(1000);
    assert.equal(outcome(await passkeys.signIn(authenticator)), '200');
    await passkeys.post('/me/factors/passkeys/options', {}, 'member', SECOND_FACTOR);
    await passkeys.change('member', { remove: true });
    assert.equal(outcome(await passkeys.signIn(authenticator)), '403 invalid_factor');
    const { db } = passkeys.api.firestore;
    for (const collection of ['passkeys', 'webauthnChallenges'])
      assert.equal((await db.collection(collection).where('user', '==', 'member').get()).size, 0, collection);
  });

  it('deletes a user who has asked for very many challenges', async () => {
    const { db } = passkeys.api.firestore;
    const ofMember = db.collection('webauthnChallenges').where('user', '==', 'member');
    const batch = db.batch();
    for (let n = 0; n < 250; n++)
      batch.create(db.doc(`webauthnChallenges/c${n}`), { user: 'member', ceremony: 'step-up' });
    await batch.commit();
    await passkeys.change('member', { remove: true });
    assert.equal((await ofMember.get()).size, 50, 'the deletion reads a limited number');
  });

  it('refuses an account that was disabled in the Firebase console', async () => {
    const { authenticator } = await passkeys.enrol();
    const account = passkeys.api.google.users.get('member') ?? assert.fail();
    passkeys.api.google.users.set('member', { ...account, disabled: true });
    assert.equal(outcome(await passkeys.signIn(authenticator)), '401 invalid_token');
  });
});

describe('sign-in with a passkey, under a sign-in policy', () => {
  for (const [providers, expected] of [
    [['google.com'], '403 sign_in_not_allowed'],
    [['google.com', 'password', 'passkey'], '200'],
  ] as const) {
    it(`answers ${expected} where ${providers.join(' and ')} may sign in`, async () => {
      const passkeys = await openPasskeyApi();
      try {
        const { authenticator } = await passkeys.enrol();
        const { config } = passkeys.api.deps;
        const strict = passkeys.api.another({ ...config, signIn: { ...config.signIn, providers } });
        const { signIn, signInOptions } = strict.services.passkeys;
        const response = authenticator.get(await signInOptions());
        const signingIn = signIn.verify(response, 'r').then(
          () => '200',
          ({ code }) => `403 ${code}`,
        );
        assert.equal(await signingIn, expected);
      } finally {
        await passkeys.close();
      }
    });
  }
});
