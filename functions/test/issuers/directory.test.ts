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

  /** Repeats the sign-in, because one in the same second as the revocation is revoked, too. */
  async function signInAgain(who: 'ada' | 'bo') {
    for (;;) {
      const { accessToken } = await signIn(who);
      const answer = await api.ask('GET /me', accessToken);
      if (answer.body.code !== 'token_stale') return answer;
    }
  }

  it('gets an entry under issuer and subject with the first request', async () => {
    const { idToken, subject, path } = await signIn('ada');
    const empty = await openLocalApi(issuers.trustedIssuers);
    try {
      assert.equal(outcome(await empty.askAs('admin', `GET ${path}`)), '404 not_found');
      assert.equal(outcome(await empty.ask('GET /me', idToken)), '200');
      const { status, body } = await empty.askAs('admin', `GET ${path}`);
      assert.equal(status, 200);
      assert.deepEqual(body.identity, { issuer, subject });
      assert.deepEqual([body.email, body.emailVerified, body.grants], ['ada@cognito.test', true, []]);
    } finally {
      await empty.close();
    }
  });

  it('has the roles that an admin grants, in addition to those of the pool’s groups', async () => {
    const { accessToken, path } = await signIn('bo');
    assert.equal(outcome(await api.ask('GET /audit', accessToken)), '403 permission_denied');
    const { body } = await api.askAs('admin', `GET ${path}`);
    const change = { grants: [{ role: 'auditor' }], version: body.version };
    assert.equal(outcome(await api.askAs('admin', `PUT ${path}/roles`, change)), '200');
    // The same token: grants are not in it.
    assert.equal(outcome(await api.ask('GET /audit', accessToken)), '200');
    const me = await api.ask('GET /me', accessToken);
    assert.deepEqual(me.body.roles.toSorted(), ['auditor', 'member']);
  });

  it('can be granted a role before the first sign-in', async () => {
    const { accessToken, subject, path } = await signIn('bo');
    const empty = await openLocalApi(issuers.trustedIssuers);
    try {
      assert.equal(outcome(await empty.askAs('admin', 'POST /users', { issuer, subject })), '201');
      const change = { grants: [{ role: 'auditor' }], version: 0 };
      assert.equal(outcome(await empty.askAs('admin', `PUT ${path}/roles`, change)), '200');
      const { body } = await empty.ask('GET /me', accessToken);
      assert.deepEqual(body.roles.toSorted(), ['auditor', 'member']);
    } finally {
      await empty.close();
    }
  });

  it('is refused after a revocation of their sessions, until the next sign-in', async () => {
    const { accessToken, idToken, path } = await signIn('ada');
    assert.equal(outcome(await api.ask('GET /me', accessToken)), '200');
    assert.equal(outcome(await api.askAs('support', `POST ${path}/revoke`)), '200');
    for (const token of [accessToken, idToken]) {
      assert.equal(outcome(await api.ask('GET /me', token)), '401 token_stale');
    }
    assert.equal(outcome(await signInAgain('ada')), '200');
  });

  it('can revoke their own sessions', async () => {
    const { accessToken } = await signIn('bo');
    assert.equal(outcome(await api.ask('POST /me/revoke', accessToken)), '200');
    assert.equal(outcome(await api.ask('GET /me', accessToken)), '401 token_stale');
    assert.equal(outcome(await signInAgain('bo')), '200');
  });

  it('is refused while disabled, also after a new sign-in, and accepted when enabled', async () => {
    const { body } = await signInAgain('ada');
    const path = `/users/${body.uid}`;
    const { accessToken, idToken } = await issuers.cognito.signIn('ada');
    assert.equal(outcome(await api.askAs('admin', `PATCH ${path}`, { disabled: true })), '200');
    const { accessToken: another } = await issuers.cognito.signIn('ada');
    for (const token of [accessToken, idToken, another]) {
      assert.equal((await api.ask('GET /me', token)).status, 401);
    }
    assert.equal(outcome(await api.askAs('admin', `PATCH ${path}`, { disabled: false })), '200');
    assert.equal(outcome(await signInAgain('ada')), '200');

    const audit = await api.askAs('auditor', path.replace('/users/', 'GET /audit?target='));
    const actions = audit.body.events.map(({ action }: { action: string }) => action);
    assert.deepEqual(actions.slice(0, 2), ['user.enable', 'user.disable']);
  });
});
