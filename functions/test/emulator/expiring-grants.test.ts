import assert from 'node:assert/strict';
import { httpsCallable } from 'firebase/functions';
import type { Role } from '../../src/authz/roles.ts';
import { api, localInstance, makeSignedIn, outcome, setRoles, until } from '../helpers/emulator.ts';

/** The emulator runs no schedules, so no reconciliation removes these grants. They still expire. */
describe('an expiring grant', function () {
  this.timeout(30_000);

  /** Seconds. Long enough for the requests before the end, on a busy machine. */
  const LIFETIME = 8;

  /** A signed-in user with a role that expires soon, and a token that has it. */
  async function holderOf(role: Role, owner: string) {
    const person = await makeSignedIn(['member']);
    const expiry = Math.floor(Date.now() / 1000) + LIFETIME;
    const expiresAt = new Date(expiry * 1000).toISOString();
    const { status, body } = await setRoles(owner, person.uid, ['member', { role, expiresAt }]);
    assert.equal(status, 200);
    assert.deepEqual([body.roles, body.grants[1].expiresAt], [['member', role], expiresAt]);
    return { ...person, idToken: await person.token(true), expiry };
  }

  const waitUntil = (second: number) =>
    until('the grants have expired', async () => (Date.now() >= second * 1000 ? true : undefined));

  it('allows ordinary and privileged operations until it expires, not after', async () => {
    const owner = (await makeSignedIn(['owner'])).idToken;
    const [support, admin] = await Promise.all([holderOf('support', owner), holderOf('admin', owner)]);
    const list = async () => (await httpsCallable(support.functions, 'listUsers')({ pageSize: 1 })).data;
    const ordinary = () => api('GET /users?pageSize=1', { token: support.idToken });
    const privileged = () =>
      api(`PATCH /users/${support.uid}`, { token: admin.idToken, body: { disabled: false } });
    const [first, second] = await Promise.all([ordinary(), privileged(), list()]);
    assert.deepEqual([outcome(first), outcome(second)], ['200', '200']);

    await waitUntil(Math.max(support.expiry, admin.expiry));
    assert.equal(outcome(await ordinary()), '403 permission_denied');
    assert.equal(outcome(await privileged()), '403 permission_denied');
    await assert.rejects(list(), { code: 'functions/permission-denied' });

    // The old token is still valid for the other roles. So is a new one, although the claims have not been rewritten.
    const me = await api('GET /me', { token: support.idToken });
    assert.deepEqual([me.status, me.body.roles], [200, ['member']]);
    const renewed = await api('GET /me', { token: await support.token(true) });
    assert.deepEqual([renewed.status, renewed.body.roles], [200, ['member']]);

    const { body: found } = await api(`GET /users/${support.uid}`, { token: owner });
    assert.deepEqual([found.roles, found.grants.length], [['member'], 2]);
    const { body: page } = await api(`GET /users?role=support&email=${support.email}`, { token: owner });
    assert.deepEqual(page.users, []);

    // The reconciliation removes the grants, and the audit log has an event for it.
    const reconciled = await api('POST /directory/reconcile', { token: owner });
    assert.equal(reconciled.status, 200);
    assert.ok(reconciled.body.expired >= 2, JSON.stringify(reconciled.body));
    for (const { uid } of [support, admin]) {
      const { grants, version } = await localInstance.users.get(uid);
      assert.deepEqual([grants.map(({ role }) => role), version], [['member'], 3]);
    }
    const { body: audit } = await api(`GET /audit?target=${support.uid}`, { token: owner });
    assert.equal(audit.events[0].action, 'grants.expire');
  });
});
