import assert from 'node:assert/strict';
import type { LocalIssuers } from '../../../tools/issuers/start-issuers.ts';
import { externalId } from '../../src/authn/external-identity.ts';
import { type LocalApi, openLocalApi, outcome, startLocalIssuers } from './local-api.ts';

describe('a Cognito user in the directory', () => {
  let issuers: LocalIssuers;
  let api: LocalApi;
  let issuer: string;
  before(async () => {
    issuers = await startLocalIssuers();
    api = await openLocalApi(issuers.trustedIssuers);
    issuer = `${issuers.cognito.url}/${issuers.cognito.userPoolId}`;
  });
  after(async () => {
    await api?.close();
    await issuers?.stop();
  });

  async function signIn(who: 'ada' | 'bo') {
    const { accessToken, idToken } = await issuers.cognito.signIn(who);
    const subject = issuers.cognito.usernames.get(`${who}@cognito.test`) ?? '';
    return { accessToken, idToken, subject, path: `/users/${externalId(issuer, subject)}` };
  }

  /** A sign-in in the second of a revocation is revoked with the others. */
  async function signInAgain(who: 'ada' | 'bo') {
    for (;;) {
      const { accessToken } = await signIn(who);
      const answer = await api.ask('GET /me', accessToken);
      if (answer.body.code !== 'token_stale') return answer;
    }
  }

  it('is entered there by the first request, under issuer and subject', async () => {
    const { idToken, subject, path } = await signIn('ada');
    const unseen = await openLocalApi(issuers.trustedIssuers);
    try {
      assert.equal(outcome(await unseen.askAs('admin', `GET ${path}`)), '404 not_found');
      assert.equal(outcome(await unseen.ask('GET /me', idToken)), '200');
      const { status, body } = await unseen.askAs('admin', `GET ${path}`);
      assert.equal(status, 200);
      assert.deepEqual(body.identity, { issuer, subject });
      assert.deepEqual([body.email, body.emailVerified, body.grants], ['ada@cognito.test', true, []]);
    } finally {
      await unseen.close();
    }
  });

  it('has what an admin grants, beside what the pool’s groups mean', async () => {
    const { accessToken, path } = await signIn('bo');
    assert.equal(outcome(await api.ask('GET /audit', accessToken)), '403 permission_denied');
    const { body } = await api.askAs('admin', `GET ${path}`);
    const change = { grants: [{ role: 'auditor' }], version: body.version };
    assert.equal(outcome(await api.askAs('admin', `PUT ${path}/roles`, change)), '200');
    // The same token: nothing about a grant is in it.
    assert.equal(outcome(await api.ask('GET /audit', accessToken)), '200');
    const me = await api.ask('GET /me', accessToken);
    assert.deepEqual(me.body.roles.toSorted(), ['auditor', 'member']);
  });

  it('can be given a role before they come', async () => {
    const { accessToken, subject, path } = await signIn('bo');
    const unseen = await openLocalApi(issuers.trustedIssuers);
    try {
      assert.equal(outcome(await unseen.askAs('admin', 'POST /users', { issuer, subject })), '200');
      const change = { grants: [{ role: 'auditor' }], version: 0 };
      assert.equal(outcome(await unseen.askAs('admin', `PUT ${path}/roles`, change)), '200');
      const { body } = await unseen.ask('GET /me', accessToken);
      assert.deepEqual(body.roles.toSorted(), ['auditor', 'member']);
    } finally {
      await unseen.close();
    }
  });

  it('is signed out everywhere when somebody revokes their sessions, until they sign in again', async () => {
    const { accessToken, idToken, path } = await signIn('ada');
    assert.equal(outcome(await api.ask('GET /me', accessToken)), '200');
    assert.equal(outcome(await api.askAs('support', `POST ${path}/revoke`)), '200');
    for (const token of [accessToken, idToken]) {
      assert.equal(outcome(await api.ask('GET /me', token)), '401 token_stale');
    }
    assert.equal(outcome(await signInAgain('ada')), '200');
  });

  it('can sign themselves out everywhere', async () => {
    const { accessToken } = await signIn('bo');
    assert.equal(outcome(await api.ask('POST /me/revoke', accessToken)), '200');
    assert.equal(outcome(await api.ask('GET /me', accessToken)), '401 token_stale');
    assert.equal(outcome(await signInAgain('bo')), '200');
  });

  it('is out while disabled, however they sign in, and in again when enabled', async () => {
    const { body } = await signInAgain('ada');
    const path = `/users/${externalId(issuer, body.subject)}`;
    const { accessToken, idToken } = await issuers.cognito.signIn('ada');
    assert.equal(outcome(await api.askAs('admin', `PATCH ${path}`, { disabled: true })), '200');
    const { accessToken: another } = await issuers.cognito.signIn('ada');
    for (const token of [accessToken, idToken, another]) {
      assert.equal((await api.ask('GET /me', token)).status, 401);
    }
    assert.equal(outcome(await api.askAs('admin', `PATCH ${path}`, { disabled: false })), '200');
    assert.equal(outcome(await signInAgain('ada')), '200');

    const trail = await api.askAs('auditor', path.replace('/users/', 'GET /audit?target='));
    const actions = trail.body.events.map(({ action }: { action: string }) => action);
    assert.deepEqual(actions.slice(0, 2), ['user.enable', 'user.disable']);
  });
});
