import assert from 'node:assert/strict';
import { httpsCallable } from 'firebase/functions';
import type { Role } from '../../src/authz/roles.ts';
import { api, localInstance, makeSignedIn, outcome, setRoles, until } from '../helpers/emulator.ts';

/** The emulator runs no schedule: nobody takes these grants out, and still they end. */
describe('a grant that ends', function () {
  this.timeout(30_000);

  /** Long enough for a busy machine to try the gates before. Seconds. */
  const LIFETIME = 8;

  /** Somebody signed in, with a token that carries a role which ends soon. */
  async function holderOf(role: Role, owner: string) {
    const person = await makeSignedIn(['member']);
    const endsAt = Math.floor(Date.now() / 1000) + LIFETIME;
    const expiresAt = new Date(endsAt * 1000).toISOString();
    const { status, body } = await setRoles(owner, person.uid, ['member', { role, expiresAt }]);
    assert.equal(status, 200);
    assert.deepEqual([body.roles, body.grants[1].expiresAt], [['member', role], expiresAt]);
    return { ...person, idToken: await person.token(true), endsAt };
  }

  const passed = (second: number) =>
    until('the second to come', async () => (Date.now() >= second * 1000 ? true : undefined));

  it('opens ordinary and privileged gates until its second, and neither from then on', async () => {
    const owner = (await makeSignedIn(['owner'])).idToken;
    const [support, admin] = await Promise.all([holderOf('support', owner), holderOf('admin', owner)]);
    const list = async () => (await httpsCallable(support.functions, 'listUsers')({ pageSize: 1 })).data;
    const ordinary = () => api('GET /users?pageSize=1', { token: support.idToken });
    const privileged = () =>
      api(`PATCH /users/${support.uid}`, { token: admin.idToken, body: { disabled: false } });
    const [first, second] = await Promise.all([ordinary(), privileged(), list()]);
    assert.deepEqual([outcome(first), outcome(second)], ['200', '200']);

    await passed(Math.max(support.endsAt, admin.endsAt));
    assert.equal(outcome(await ordinary()), '403 permission_denied');
    assert.equal(outcome(await privileged()), '403 permission_denied');
    await assert.rejects(list(), { code: 'functions/permission-denied' });

    // The tokens are the same, and good for the rest; so is a new one, made from claims that nobody has rewritten.
    const me = await api('GET /me', { token: support.idToken });
    assert.deepEqual([me.status, me.body.roles], [200, ['member']]);
    const renewed = await api('GET /me', { token: await support.token(true) });
    assert.deepEqual([renewed.status, renewed.body.roles], [200, ['member']]);

    const { body: found } = await api(`GET /users/${support.uid}`, { token: owner });
    assert.deepEqual([found.roles, found.grants.length], [['member'], 2]);
    const { body: page } = await api(`GET /users?role=support&email=${support.email}`, { token: owner });
    assert.deepEqual(page.users, []);

    // Whoever clears up takes the grants out, and the record says so.
    const cleared = await api('POST /directory/reconcile', { token: owner });
    assert.equal(cleared.status, 200);
    assert.ok(cleared.body.expired >= 2, JSON.stringify(cleared.body));
    for (const { uid } of [support, admin]) {
      const { grants, version } = await localInstance.users.get(uid);
      assert.deepEqual([grants.map(({ role }) => role), version], [['member'], 3]);
    }
    const { body: trail } = await api(`GET /audit?target=${support.uid}`, { token: owner });
    assert.equal(trail.events[0].action, 'grants.expire');
  });
});
