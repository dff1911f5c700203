import assert from 'node:assert/strict';
import type { AppError } from '../../../src/core/errors.ts';
import type { Deviations } from '../../helpers/authenticator.ts';
import { idOf, outcome } from '../../helpers/exchange-api.ts';
import { LOGIN } from '../../helpers/identities.ts';
import { openPasskeyApi, type PasskeyApi, SECOND_FACTOR } from '../../helpers/passkeys.ts';
import { ORIGIN } from '../../helpers/session-browser.ts';

/** What a sign-in must refuse, always with the same answer. */
const REFUSED: Readonly<Record<string, [Deviations, reason?: string]>> = {
  'another origin': [{ origin: 'https://evil.example' }],
  'an origin that begins like an allowed one': [{ origin: `${ORIGIN}.evil.example` }],
  'plain HTTP': [{ origin: 'http://app.example.com' }],
  'a host of the domain that is not allowed': [{ origin: 'https://other.example.com' }],
  'another RP ID': [{ rpId: 'evil.example' }],
  'the RP ID of a subdomain': [{ rpId: 'app.example.com' }],
  'the type of a registration': [{ type: 'webauthn.create' }],
  'a frame of another origin': [{ crossOrigin: true }],
  'a frame of another origin that is named': [{ crossOrigin: true, topOrigin: 'https://evil.example' }],
  'a top origin without a frame': [{ topOrigin: 'https://evil.example' }],
  'no user verification': [{ userVerified: false }],
  'no user presence': [{ userPresent: false }],
  'data that was changed after the signature': [{ tamper: true }],
  'another backup eligibility': [{ backup: true }],
  'no user handle': [{ userHandle: null }],
  'the user handle of another user': [{ userHandle: 'AAAA' }],
  'a challenge that was never made': [{ challenge: 'AAAA' }, 'unknown-challenge'],
  'an unknown passkey': [{ id: 'AAAA' }, 'unknown-passkey'],
};

describe('sign-in with a passkey refuses', () => {
  let passkeys: PasskeyApi;
  before(async () => {
    passkeys = await openPasskeyApi();
  });
  after(() => passkeys.close());

  it('whatever a browser and an authenticator must not do, always with the same answer', async () => {
    const { authenticator } = await passkeys.enrol();
    const answers = new Set<string>();
    for (const [name, [how, reason = 'webauthn-check-failed']] of Object.entries(REFUSED)) {
      const { status, body } = await passkeys.signIn(authenticator, how);
      const { requestId: _, ...problem } = body;
      assert.deepEqual([status, problem.code, passkeys.lastReason()], [403, 'invalid_factor', reason], name);
      answers.add(JSON.stringify(problem));
    }
    assert.equal(answers.size, 1);
    assert.equal(outcome(await passkeys.signIn(authenticator)), '200', 'the authenticator itself works');
  });

  it('a challenge that was used, is five minutes old, or is for a registration or a step-up', async () => {
    const { authenticator } = await passkeys.enrol({ aal2: true });
    const verify = (options: { challenge: string }) =>
      passkeys.post('/passkeys/sign-in/verify', {
        response: authenticator.get({ ...options, rpId: 'example.com' }),
      });
    const refused = async (options: { challenge: string }, name: string) => {
      assert.equal(outcome(await verify(options)), '403 invalid_factor', name);
      assert.equal(passkeys.lastReason(), 'unknown-challenge', name);
    };
    const used = await passkeys.signInOptions();
    assert.equal(outcome(await verify(used)), '200');
    await refused(used, 'used');
    const replayed = (await passkeys.events('passkey.sign-in')).find(
      ({ reason }) => reason === 'unknown-challenge',
    );
    assert.equal(replayed?.actor, 'member', 'a replay is audited');

    const old = await passkeys.signInOptions();
    passkeys.clock.move(299_000);
    assert.equal(outcome(await verify(await passkeys.signInOptions())), '200');
    passkeys.clock.move(1_000);
    await refused(old, 'old');

    const { services } = passkeys.api.deps;
    await refused(await services.passkeys.stepUpOptions('member'), 'of a step-up');
    const creation = await passkeys.post('/me/factors/passkeys/options', {}, 'member', SECOND_FACTOR);
    await refused(creation.body, 'of a registration');
  });

  it('a counter that goes back or stays, with an audit event', async () => {
    const { authenticator } = await passkeys.enrol({ aal2: true });
    assert.equal(outcome(await passkeys.signIn(authenticator, { counter: 7 })), '200');
    for (const counter of [7, 6, 0]) {
      assert.equal(outcome(await passkeys.signIn(authenticator, { counter })), '403 invalid_factor');
      assert.equal(passkeys.lastReason(), 'cloned-authenticator');
    }
    const events = await passkeys.events('passkey.sign-in');
    assert.equal(events.filter(({ reason }) => reason === 'cloned-authenticator').length, 3);
    const forged = await passkeys.signIn(authenticator, { counter: 6, tamper: true });
    assert.equal(outcome(forged), '403 invalid_factor');
    assert.equal(passkeys.lastReason(), 'webauthn-check-failed', 'a forged one says nothing about a clone');
    assert.equal(outcome(await passkeys.signIn(authenticator, { counter: 8 })), '200');
  });

  it('the credential id of another user, signed with a key of one’s own', async () => {
    const { authenticator: victim } = await passkeys.enrol({ who: 'support' });
    const { authenticator: attacker } = await passkeys.enrol({ aal2: true });
    const { id, userHandle } = victim.newest();
    assert.equal(outcome(await passkeys.signIn(attacker, { id, userHandle })), '403 invalid_factor');
    assert.equal(passkeys.lastReason(), 'webauthn-check-failed');
  });

  it('a passkey that is deleted or older than the user', async () => {
    const { authenticator, factor } = await passkeys.enrol({ aal2: true });
    const { db } = passkeys.api.firestore;
    await db.doc('directory/member').update({ created: new Date(Date.now() + 3600_000) });
    assert.equal(outcome(await passkeys.signIn(authenticator)), '403 invalid_factor');
    await db.doc('directory/member').update({ created: new Date(0) });
    assert.equal(outcome(await passkeys.signIn(authenticator)), '200');
    await db.doc(`passkeys/${factor.id}`).delete();
    assert.equal(outcome(await passkeys.signIn(authenticator)), '403 invalid_factor');
    assert.equal(passkeys.lastReason(), 'unknown-passkey');
  });

  it('a user of another issuer: the passkeys are second factors', async () => {
    const ada = idOf('ada', LOGIN);
    const { authenticator } = await passkeys.enrolExternal('ada');
    const answer = await passkeys.signIn(authenticator);
    assert.equal(outcome(answer), '403 sign_in_not_allowed');
    assert.equal(passkeys.lastReason(), 'second-factor-only');
    const [event] = (await passkeys.events('passkey.sign-in')).filter(({ actor }) => actor === ada);
    assert.equal(event?.outcome, 'refused');
  });

  it('input that is no WebAuthn response', async () => {
    const { authenticator } = await passkeys.enrol({ aal2: true });
    const response = authenticator.get(await passkeys.signInOptions());
    const send = (changed: object) => passkeys.post('/passkeys/sign-in/verify', { response: changed });
    const json = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
    for (const clientDataJSON of ['AAAA', json(null), json([]), json({ challenge: 1, origin: ORIGIN })]) {
      const answer = await send({ ...response, response: { ...response.response, clientDataJSON } });
      assert.equal(outcome(answer), '403 invalid_factor', clientDataJSON);
    }
    for (const wrong of [{}, { ...response, id: '' }, { ...response, type: 'password' }])
      assert.equal(outcome(await send(wrong)), '400 invalid_argument');
    assert.equal(outcome(await send({ ...response, rawId: 'AAAA' })), '403 invalid_factor');
  });
});

describe('20 sign-ins at once with one response', () => {
  it('one succeeds, on two instances', async () => {
    const passkeys = await openPasskeyApi();
    try {
      const { authenticator } = await passkeys.enrol({ backup: true });
      const response = authenticator.get(await passkeys.signInOptions());
      const instances = [passkeys.api.deps, passkeys.api.another()];
      const verify = (index: number) =>
        instances[index % 2]?.services.passkeys.signIn.verify(response, 'r').then(
          () => 'signed in',
          ({ reason, code }: AppError) => reason ?? code,
        );
      const outcomes = await Promise.all(Array.from({ length: 20 }, (_, index) => verify(index)));
      const refused = outcomes.filter((one) => one !== 'signed in');
      assert.equal(refused.length, 19);
      assert.deepEqual([...new Set(refused)], ['unknown-challenge']);
    } finally {
      await passkeys.close();
    }
  });
});
