import assert from 'node:assert/strict';
import { externalId } from '../../../../src/authn/external-identity.ts';
import { CLOCK_SKEW_SECONDS } from '../../../../src/authn/token-times.ts';
import { mintIdToken } from '../../../helpers/google.ts';
import { LOGIN } from '../../../helpers/identities.ts';
import { authenticateToken, useTestInstance } from '../../../helpers/instance.ts';
import { assertRefused } from '../../../helpers/refusal.ts';
import { createMovableClock } from '../../../helpers/test-directory.ts';

const NOW = Math.floor(Date.now() / 1000);
const CUSTOM = { identities: {}, sign_in_provider: 'custom' };
/** As Firebase signs them after a sign-in with the custom token that a passkey gives. */
const byPasskey = (claims: object = {}) =>
  mintIdToken({ firebase: CUSTOM, passkey_auth_time: NOW - 90, ...claims });

describe('an ID token of a sign-in with a passkey', () => {
  const test = useTestInstance();
  before(() => test.google.users.set('ada', { localId: 'ada' }));
  const read = (token: string) => authenticateToken(test.instance, token);

  it('is aal2, from the time of the passkey', async () => {
    const { assurance, authTime, provider } = await read(await byPasskey({ auth_time: NOW - 60 }));
    assert.deepEqual(assurance, { level: 'aal2', at: NOW - 90, methods: ['passkey'] });
    assert.deepEqual([authTime, provider], [NOW - 90, 'passkey']);
  });

  it('is never younger than Firebase says, whichever clock is ahead', async () => {
    const token = await byPasskey({ auth_time: NOW - 60, passkey_auth_time: NOW - 60 + CLOCK_SKEW_SECONDS });
    const { assurance, authTime } = await read(token);
    assert.deepEqual([assurance.at, authTime], [NOW - 60, NOW - 60]);
  });

  it('is refused when the time is not of this sign-in', async () => {
    const ahead = { auth_time: NOW - 60, passkey_auth_time: NOW - 60 + CLOCK_SKEW_SECONDS + 1 };
    await assertRefused(async () => read(await byPasskey(ahead)), 'invalid_token', 'issued-in-the-future');
    // A custom token lives an hour: this is a custom claim of the account.
    for (const [auth_time, passkey_auth_time] of [
      [NOW, NOW - 3600 - CLOCK_SKEW_SECONDS - 1],
      [NOW, 0],
    ]) {
      const token = await byPasskey({ auth_time, passkey_auth_time });
      await assertRefused(() => read(token), 'invalid_token', 'passkey_auth_time is not of this sign-in');
    }
    const late = await read(await byPasskey({ auth_time: NOW, passkey_auth_time: NOW - 3600 }));
    assert.equal(late.assurance.at, NOW - 3600);
  });

  it('is refused when the time is not a whole second', async () => {
    for (const value of [null, '', String(NOW), -1, NOW - 0.5, 2 ** 53, true, [NOW], {}]) {
      const token = await byPasskey({ passkey_auth_time: value });
      const reason = 'passkey_auth_time is not a whole number of seconds';
      await assertRefused(() => read(token), 'invalid_token', reason);
    }
  });

  it('is aal1 when another sign-in has the claim as a custom claim of the account', async () => {
    for (const sign_in_provider of [
      'password',
      'google.com',
      'anonymous',
      'Custom',
      7,
      ['custom'],
      undefined,
    ]) {
      for (const passkey_auth_time of [NOW - 90, NOW + 3600, String(NOW), true]) {
        const firebase = { identities: {}, sign_in_provider };
        const { assurance, authTime } = await read(await byPasskey({ firebase, passkey_auth_time }));
        assert.deepEqual([assurance.level, assurance.at, authTime], ['aal1', authTime, assurance.at]);
        assert.ok(!assurance.methods.includes('passkey'));
      }
    }
    const firebase = { ...CUSTOM, passkey_auth_time: NOW - 90 };
    const nested = await read(await byPasskey({ firebase, passkey_auth_time: undefined }));
    assert.equal(nested.assurance.level, 'aal1');
  });

  it('is aal1 when the custom token was made for a session or an exchange', async () => {
    const { assurance } = await read(await byPasskey({ subject_auth_time: NOW - 90 }));
    assert.deepEqual([assurance.level, assurance.at], ['aal1', undefined]);
  });

  it('is refused for an external user: the issuer decides on the sign-in', async () => {
    const sub = externalId(LOGIN, 'ada');
    const token = await byPasskey({ sub, user_id: sub });
    await assertRefused(
      () => read(token),
      'invalid_token',
      'subject_auth_time is not a whole number of seconds',
    );
  });

  it('is refused without the account, or when it is disabled', async () => {
    const eve = await byPasskey({ sub: 'eve', user_id: 'eve' });
    await assertRefused(() => read(eve), 'invalid_token', 'account-disabled');
    test.google.users.set('eve', { localId: 'eve', disabled: true });
    const again = await byPasskey({ sub: 'eve', user_id: 'eve', jti: 'again' });
    await assertRefused(() => read(again), 'invalid_token', 'account-disabled');
  });
});

describe('an ID token of a sign-in with a passkey, after a revocation', () => {
  const clock = createMovableClock();
  const test = useTestInstance('all', { clock });
  before(() => test.google.users.set('ada', { localId: 'ada' }));

  it('is refused although Firebase dates the sign-in later, also when the feed forgot it', async () => {
    const now = () => Math.floor(clock() / 1000);
    const passkey_auth_time = now() - 1;
    const at = (auth_time: number) =>
      byPasskey({ passkey_auth_time, auth_time, iat: now(), exp: now() + 3600 });
    assert.equal((await authenticateToken(test.instance, await at(now()))).assurance.level, 'aal2');
    const actor = { kind: 'operator', requestId: 'r' } as const;
    await test.instance.changeAccess(actor, { uid: 'ada', action: 'roles.set' }, () => ({ revoke: true }));
    for (const pause of [20, 3_000, 7_200]) {
      clock.move(pause * 1000);
      const token = await at(passkey_auth_time + Math.min(3000, pause));
      for (const instance of [test.instance, test.another()])
        await assertRefused(() => authenticateToken(instance, token), 'token_stale', 'revoked');
    }
  });
});
