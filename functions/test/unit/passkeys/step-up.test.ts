import assert from 'node:assert/strict';
import type { AppError } from '../../../src/core/errors.ts';
import type { Deviations, SoftAuthenticator } from '../../helpers/authenticator.ts';
import { openPasskeyApi, type PasskeyApi } from '../../helpers/passkeys.ts';

describe('a passkey as a second factor', () => {
  let passkeys: PasskeyApi;
  beforeEach(async () => {
    passkeys = await openPasskeyApi();
  });
  afterEach(() => passkeys.close());
  const service = () => passkeys.api.deps.services.passkeys;
  const open = () => passkeys.api.firestore;

  /** Proves it, and uses the proof up in a transaction. @returns the method, or the reason of the refusal */
  async function prove(authenticator: SoftAuthenticator, how: Deviations & { user?: string } = {}) {
    const { user = 'member', ...deviations } = how;
    const response = authenticator.get(await service().stepUpOptions('member'), deviations);
    return use(response, user);
  }
  async function use(response: ReturnType<SoftAuthenticator['get']>, user = 'member') {
    try {
      const { method, part } = await service().proveStepUp(user, response);
      const { db } = open();
      await db.runTransaction(async (tx) => (await part(open(), tx))());
      return method;
    } catch (error) {
      return (error as AppError).reason;
    }
  }

  it('is asked for with the passkeys of the user', async () => {
    const { authenticator } = await passkeys.enrol();
    const { challenge, ...options } = await service().stepUpOptions('member');
    assert.equal(challenge.length, 43);
    assert.deepEqual(options, {
      rpId: 'example.com',
      allowCredentials: [{ id: authenticator.newest().id, type: 'public-key', transports: ['internal'] }],
      ...{ timeout: 300_000, userVerification: 'required', extensions: undefined },
    });
    await assert.rejects(service().stepUpOptions('support'), { code: 'not_found' });
  });

  it('is proved with a user handle or without, and dated', async () => {
    const { authenticator, factor } = await passkeys.enrol();
    passkeys.clock.move(5000);
    assert.equal(await prove(authenticator), 'passkey');
    assert.equal(await prove(authenticator, { userHandle: null }), 'passkey');
    const document = await open().db.doc(`passkeys/${factor.id}`).get();
    assert.deepEqual([document.get('counter'), document.get('lastUsed').seconds], [2, passkeys.now()]);
  });

  it('is refused for another user, without user verification, and with a counter that goes back', async () => {
    const { authenticator } = await passkeys.enrol();
    await passkeys.api.deps.users.get('support');
    assert.equal(await prove(authenticator, { user: 'support' }), 'unknown-passkey');
    assert.equal(await prove(authenticator, { userVerified: false }), 'webauthn-check-failed');
    assert.equal(await prove(authenticator, { counter: 9 }), 'passkey');
    assert.equal(await prove(authenticator, { counter: 9 }), 'cloned-authenticator');
  });

  it('is refused with a challenge of a sign-in, of another user, or a second time', async () => {
    const { authenticator } = await passkeys.enrol();
    assert.equal(await use(authenticator.get(await service().signInOptions())), 'unknown-challenge');
    const response = authenticator.get(await service().stepUpOptions('member'));
    assert.equal(await use(response), 'passkey');
    assert.equal(await use(response), 'unknown-challenge');
    const { authenticator: other } = await passkeys.enrol({ who: 'support' });
    const { challenge } = await service().stepUpOptions('support');
    assert.equal(await use(other.get({ challenge, rpId: 'example.com' }), 'support'), 'passkey');
    const stolen = (await service().stepUpOptions('support')).challenge;
    assert.equal(
      await use(authenticator.get({ challenge: stolen, rpId: 'example.com' })),
      'unknown-challenge',
    );
  });

  it('cannot be used up twice at once', async () => {
    const { authenticator } = await passkeys.enrol({ backup: true });
    const response = authenticator.get(await service().stepUpOptions('member'));
    const results = await Promise.all(Array.from({ length: 10 }, () => use(response)));
    assert.equal(results.filter((result) => result === 'passkey').length, 1);
  });
});
