import assert from 'node:assert/strict';
import { createPrincipal } from '../../../src/authz/principal.ts';
import type { PasskeysService } from '../../../src/passkeys/index.ts';
import { openAuthenticator } from '../../helpers/authenticator.ts';
import { idOf, outcome } from '../../helpers/exchange-api.ts';
import { openPasskeyApi, type PasskeyApi, SECOND_FACTOR } from '../../helpers/passkeys.ts';
import { ORIGIN } from '../../helpers/session-browser.ts';

const OPTIONS = '/me/factors/passkeys/options';

describe('registration of a passkey', () => {
  let passkeys: PasskeyApi;
  beforeEach(async () => {
    passkeys = await openPasskeyApi();
  });
  afterEach(() => passkeys.close());
  const optionsOf = async (claims: object = {}) => (await passkeys.post(OPTIONS, {}, 'member', claims)).body;

  it('asks for a discoverable credential with user verification, and no attestation', async () => {
    const { challenge, user, ...options } = await optionsOf();
    assert.equal(Buffer.from(challenge, 'base64url').length, 32);
    assert.deepEqual(options, {
      rp: { id: 'example.com', name: passkeys.api.deps.config.mfa.productName },
      pubKeyCredParams: [-8, -7, -257].map((alg) => ({ type: 'public-key', alg })),
      ...{ timeout: 300_000, attestation: 'none', excludeCredentials: [] },
      authenticatorSelection: {
        ...{ residentKey: 'required', requireResidentKey: true, userVerification: 'required' },
      },
      extensions: { credProps: true },
    });
    assert.deepEqual([user.name, user.displayName], ['member@example.com', 'The member']);
    const handle = Buffer.from(user.id, 'base64url');
    assert.ok(handle.length === 32 && !handle.includes('member'), 'the user handle names no person');
    assert.equal((await optionsOf()).user.id, user.id, 'and is the same for all passkeys of a user');
  });

  it('adds it with its names, and excludes it the next time', async () => {
    const { factor, authenticator } = await passkeys.enrol({ name: ' Work phone ', backup: true });
    const { id, created, ...view } = factor;
    assert.deepEqual(view, { kind: 'passkey', name: 'Work phone', backedUp: true });
    assert.equal(Date.parse(created), passkeys.now() * 1000);
    assert.deepEqual((await passkeys.api.entry('member')).factors, ['passkey']);
    const [event] = await passkeys.events('factor.enrol');
    assert.deepEqual([event?.target, event?.after], ['member', { factor: id, kind: 'passkey' }]);
    const { id: credentialId } = authenticator.newest();
    const { excludeCredentials } = await optionsOf(SECOND_FACTOR);
    assert.deepEqual(excludeCredentials, [
      { id: credentialId, type: 'public-key', transports: ['internal'] },
    ]);
  });

  it('counts when the entry begins later, by the clock of Firebase Auth', async () => {
    const created = new Date((passkeys.now() + 1) * 1000);
    await passkeys.api.firestore.db.doc('directory/member').update({ created });
    const { authenticator } = await passkeys.enrol();
    assert.equal((await passkeys.signIn(authenticator)).status, 200);
  });

  it('keeps other kinds of factors of the entry', async () => {
    await passkeys.api.firestore.db.doc('directory/member').update({ factors: ['totp'] });
    await passkeys.enrol({ aal2: true });
    assert.deepEqual((await passkeys.api.entry('member')).factors, ['totp', 'passkey']);
  });

  for (const [name, how] of Object.entries({
    'another origin': { origin: 'https://evil.example' },
    'another RP ID': { rpId: 'evil.example' },
    'the type of a sign-in': { type: 'webauthn.get' },
    'a frame of another origin': { crossOrigin: true },
    'no user verification': { userVerified: false },
    'no user presence': { userPresent: false },
    'a challenge that was never made': { challenge: 'AAAA' },
    'a wrong signature of the attestation': { attestation: 'packed', tamper: true },
  } as const)) {
    it(`refuses ${name}`, async () => {
      const answer = await passkeys.sendCreation(openAuthenticator({ origin: ORIGIN }), how);
      assert.equal(outcome(answer), '403 invalid_factor');
      assert.equal((await passkeys.api.entry('member')).factors, undefined);
      const [event] = await passkeys.events('factor.enrol');
      assert.equal(event?.outcome, 'refused');
    });
  }

  it('refuses a challenge that was used, or is of another user or ceremony', async () => {
    const authenticator = openAuthenticator({ origin: ORIGIN });
    const create = (options: Parameters<typeof authenticator.create>[0], claims: object = {}) =>
      passkeys.post('/me/factors/passkeys', { response: authenticator.create(options) }, 'member', claims);
    const { challenge: ofSignIn } = await passkeys.signInOptions();
    const own = await optionsOf();
    assert.equal(outcome(await create({ ...own, challenge: ofSignIn })), '403 invalid_factor');
    const { body: ofSupport } = await passkeys.post(OPTIONS, {}, 'support');
    assert.equal(outcome(await create(ofSupport)), '403 invalid_factor');
    assert.equal((await create(own)).status, 201);
    assert.equal(outcome(await create(own, SECOND_FACTOR)), '403 invalid_factor');
  });

  it('adds one of 20 at once with one challenge', async () => {
    const authenticator = openAuthenticator({ origin: ORIGIN });
    const options = await optionsOf(SECOND_FACTOR);
    const answers = await Promise.all(
      Array.from({ length: 20 }, () =>
        passkeys.post(
          '/me/factors/passkeys',
          { response: authenticator.create(options) },
          'member',
          SECOND_FACTOR,
        ),
      ),
    );
    assert.equal(answers.filter(({ status }) => status === 201).length, 1);
    assert.equal((await passkeys.api.firestore.db.collection('passkeys').get()).size, 1);
  });

  it('refuses a credential id that is registered, also for another user', async () => {
    const { authenticator } = await passkeys.enrol({ who: 'support' });
    const { id } = authenticator.newest();
    const answer = await passkeys.sendCreation(openAuthenticator({ origin: ORIGIN }), { id });
    assert.equal(outcome(answer), '409 already_exists');
  });

  it('refuses the 21st passkey', async () => {
    const { db } = passkeys.api.firestore;
    const created = new Date(passkeys.clock());
    for (let index = 0; index < 20; index++)
      await db
        .doc(`passkeys/p${index}`)
        .set({ user: 'member', created, credentialId: 'AAAA', transports: [] });
    const answer = await passkeys.post(OPTIONS, {}, 'member', SECOND_FACTOR);
    assert.equal(outcome(answer), '409 too_many_factors');
  });

  it('refuses one when a factor was enrolled, or the sign-in ended, after the guard has decided', async () => {
    const { api, now } = passkeys;
    const bound = api.deps.operations.find(({ operation }) => operation.name === 'createPasskey');
    assert.ok(bound);
    // That of the operation.
    const { registration } = bound.service as PasskeysService;
    const entry = api.firestore.db.doc('directory/member');
    const facts = {
      kind: 'user',
      issuer: 'x',
      subject: 'member',
      uid: 'member',
      directoryId: 'member',
    } as const;
    const add = async (level: 'aal1' | 'aal2', edit: object) => {
      await entry.update({ factors: [], validAfter: 0 });
      const response = openAuthenticator({ origin: ORIGIN }).create(await optionsOf(SECOND_FACTOR));
      const principal = createPrincipal({
        ...{ ...facts, roles: [], authTime: now(), tokenExpiresAt: now() + 3600, credential: 'bearer' },
        assurance: { level, at: now(), methods: [] },
      });
      await entry.update(edit);
      return registration.add({ kind: 'principal', principal, requestId: 'r' }, response);
    };
    await assert.rejects(add('aal1', { factors: ['totp'] }), { code: 'step_up_required' });
    await assert.rejects(add('aal2', { validAfter: now() + 1 }), { code: 'token_stale' });
    await assert.rejects(add('aal2', { disabled: true }), { code: 'invalid_token' });
    assert.equal((await api.firestore.db.collection('passkeys').get()).size, 0);
  });

  it('needs a recent sign-in, and a second factor of those who have one', async () => {
    const old = { auth_time: passkeys.now() - 301, iat: passkeys.now() };
    assert.equal(outcome(await passkeys.post(OPTIONS, {}, 'member', old)), '401 step_up_required');
    await passkeys.enrol();
    assert.equal(outcome(await passkeys.post(OPTIONS, {}, 'member')), '401 step_up_required');
    assert.equal(outcome(await passkeys.post(OPTIONS, {}, 'member', SECOND_FACTOR)), '200');
  });

  it('is not for anonymous users, services and tokens with scopes', async () => {
    const anonymous = { firebase: { identities: {}, sign_in_provider: 'anonymous' } };
    assert.equal(outcome(await passkeys.post(OPTIONS, {}, 'member', anonymous)), '403 permission_denied');
    const scoped = { iss: 'https://scoped.example.com', scope: 'read', auth_time: passkeys.now() };
    for (const claims of [{ gty: 'client-credentials', auth_time: passkeys.now() }, scoped]) {
      const token = await passkeys.api.mint(claims);
      const answer = await passkeys.api.as().post(`/v1${OPTIONS}`).set('Authorization', `Bearer ${token}`);
      assert.equal(outcome(answer), '403 permission_denied', JSON.stringify(claims));
    }
  });

  it('is for users of other issuers, too', async () => {
    const { factor } = await passkeys.enrolExternal('ada');
    assert.equal(factor.kind, 'passkey');
    assert.deepEqual((await passkeys.api.entry(idOf('ada'))).factors, ['passkey']);
  });
});
