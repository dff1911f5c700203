import assert from 'node:assert/strict';
import type { LocalIssuers } from '../../../tools/issuers/start-issuers.ts';
import { type LocalApi, openLocalApi, outcome, replaced, startLocalIssuers } from './local-api.ts';

describe('a Cognito user pool', () => {
  let issuers: LocalIssuers;
  const opened: LocalApi[] = [];
  const open = async (trustedIssuers: readonly object[]) => {
    const api = await openLocalApi(trustedIssuers);
    opened.push(api);
    return api;
  };
  before(async () => {
    issuers = await startLocalIssuers();
  });
  after(async () => {
    for (const api of opened) await api.close();
    await issuers?.stop();
  });

  for (const flow of ['USER_SRP_AUTH', 'USER_PASSWORD_AUTH'] as const) {
    it(`accepts access and ID tokens of a sign-in with ${flow}`, async () => {
      const api = await open(issuers.trustedIssuers);
      const { accessToken, idToken } = await issuers.cognito.signIn('ada', { flow });
      const byAccess = await api.ask('GET /me', accessToken);
      const byId = await api.ask('GET /me', idToken);
      assert.deepEqual([outcome(byAccess), outcome(byId)], ['200', '200']);
      assert.equal(byAccess.body.identity.subject, issuers.cognito.usernames.get('ada@cognito.test'));
      const { email, emailVerified, ...rest } = byId.body;
      assert.deepEqual([email, emailVerified], ['ada@cognito.test', true]);
      const { email: _email, emailVerified: _verified, ...restByAccess } = byAccess.body;
      assert.deepEqual(rest, restByAccess);
    });
  }

  it('gives group members the mapped roles, and every user those of `everyone`', async () => {
    const api = await open(issuers.trustedIssuers);
    const rolesOf = async (who: 'ada' | 'bo') =>
      (await api.ask('GET /me', (await issuers.cognito.signIn(who)).accessToken)).body.roles;
    assert.deepEqual(await rolesOf('ada'), ['support', 'member']);
    assert.deepEqual(await rolesOf('bo'), ['member']);
  });

  it('refuses an ID token where access tokens are expected, and vice versa', async () => {
    const { accessToken, idToken } = await issuers.cognito.signIn('ada');
    const only = (use: string) =>
      issuers.trustedIssuers.filter((one) => 'tokenUse' in one && one.tokenUse === use);
    const forAccess = await open(only('access'));
    const forId = await open(only('id'));
    const outcomes = [];
    for (const api of [forAccess, forId]) {
      for (const token of [accessToken, idToken]) outcomes.push(outcome(await api.ask('GET /me', token)));
    }
    assert.deepEqual(outcomes, ['200', '401 invalid_token', '401 invalid_token', '200']);
  });

  it('refuses tokens of another client of the pool', async () => {
    const { clientId } = issuers.cognito;
    const api = await open(replaced(issuers.trustedIssuers, clientId, 'another-client'));
    const { accessToken, idToken } = await issuers.cognito.signIn('ada');
    for (const token of [accessToken, idToken]) {
      assert.equal(outcome(await api.ask('GET /me', token)), '401 invalid_token');
    }
  });

  it('refuses tokens of another pool, although cognito-local signs for all pools with one key', async () => {
    const { userPoolId } = issuers.cognito;
    const api = await open(replaced(issuers.trustedIssuers, userPoolId, 'local_another'));
    const { accessToken, idToken } = await issuers.cognito.signIn('ada');
    for (const token of [accessToken, idToken]) {
      assert.equal(outcome(await api.ask('GET /me', token)), '401 invalid_token');
    }
  });

  it('refuses a refresh token', async () => {
    const api = await open(issuers.trustedIssuers);
    const { refreshToken } = await issuers.cognito.signIn('ada');
    assert.equal(outcome(await api.ask('GET /me', refreshToken)), '401 invalid_token');
  });
});
