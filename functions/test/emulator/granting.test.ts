import assert from 'node:assert/strict';
import { api, authAdmin, makeSignedIn, makeUser, outcome } from '../helpers/emulator.ts';

describe('who may grant what, through Hosting', function () {
  this.timeout(20_000);

  function put(token: string, uid: string, roles: readonly string[], rolesVersion = 1) {
    return api(`PUT /users/${uid}/roles`, { token, body: { roles, rolesVersion } });
  }

  async function rolesOf(uid: string): Promise<unknown> {
    return (await authAdmin.getUser(uid)).customClaims?.roles;
  }

  for (const role of ['member', 'support', 'auditor'] as const) {
    it(`${role} cannot assign roles, and learns which permission is missing`, async () => {
      const { idToken } = await makeSignedIn([role]);
      const { uid } = await makeUser(['member']);
      const answer = await put(idToken, uid, []);
      assert.equal(outcome(answer), '403 permission_denied');
      assert.match(answer.headers.get('WWW-Authenticate') ?? '', /scope="roles:assign"/);
      assert.deepEqual(await rolesOf(uid), ['member']);
    });
  }

  it('an admin makes and unmakes other admins, not owners', async () => {
    const { idToken } = await makeSignedIn(['admin']);
    const { uid } = await makeUser(['member']);
    assert.equal(outcome(await put(idToken, uid, ['admin'])), '200');
    assert.equal(outcome(await put(idToken, uid, ['admin', 'owner'], 2)), '403 exceeds_own_permissions');
    assert.equal(outcome(await put(idToken, uid, ['auditor'], 2)), '200');
    assert.deepEqual(await rolesOf(uid), ['auditor']);
  });

  it('an admin changes nothing about an owner', async () => {
    const { idToken: token } = await makeSignedIn(['admin']);
    const owner = await makeUser(['owner']);
    const disabling = await api(`PATCH /users/${owner.uid}`, { token, body: { disabled: true } });
    assert.equal(outcome(await put(token, owner.uid, [])), '403 exceeds_own_permissions');
    assert.equal(outcome(disabling), '403 exceeds_own_permissions');
    assert.equal(outcome(await api(`DELETE /users/${owner.uid}`, { token })), '403 exceeds_own_permissions');
    const { disabled, customClaims } = await authAdmin.getUser(owner.uid);
    assert.deepEqual([disabled, customClaims], [false, { roles: ['owner'], rv: 1 }]);
  });

  it('an admin does not let a disabled owner in again', async () => {
    const { idToken: token } = await makeSignedIn(['admin']);
    const owner = await makeUser(['owner']);
    await authAdmin.updateUser(owner.uid, { disabled: true });
    const enabling = await api(`PATCH /users/${owner.uid}`, { token, body: { disabled: false } });
    assert.equal(outcome(enabling), '403 exceeds_own_permissions');
    assert.equal((await authAdmin.getUser(owner.uid)).disabled, true);
  });

  for (const role of ['admin', 'owner'] as const) {
    it(`an ${role} changes nothing about themselves`, async () => {
      const { uid, idToken: token } = await makeSignedIn([role]);
      const path = `/users/${uid}`;
      assert.equal(outcome(await put(token, uid, [role, 'support'])), '403 own_account');
      assert.equal(outcome(await put(token, uid, [])), '403 own_account');
      assert.equal(
        outcome(await api(`PATCH ${path}`, { token, body: { disabled: true } })),
        '403 own_account',
      );
      assert.equal(outcome(await api(`DELETE ${path}`, { token })), '403 own_account');
      assert.deepEqual(await rolesOf(uid), [role]);
    });
  }

  for (const roles of [
    ['king'],
    ['constructor'],
    ['__proto__'],
    ['Owner'],
    ['support', 'support'],
    'owner',
    null,
  ]) {
    it(`refuses ${JSON.stringify(roles)} as roles, and names the field`, async () => {
      const { idToken: token } = await makeSignedIn(['owner']);
      const { uid } = await makeUser(['member']);
      const answer = await api(`PUT /users/${uid}/roles`, { token, body: { roles, rolesVersion: 1 } });
      assert.equal(outcome(answer), '400 invalid_argument');
      assert.match(answer.body.errors[0].field, /^body\.roles/);
    });
  }

  it('refuses a change of roles that somebody else changed first', async () => {
    const { idToken } = await makeSignedIn(['owner']);
    const { uid } = await makeUser(['member']);
    assert.equal(outcome(await put(idToken, uid, ['support'])), '200');
    assert.equal(outcome(await put(idToken, uid, ['admin'])), '409 version_mismatch');
    assert.equal(outcome(await put(idToken, uid, ['admin'], 3)), '409 version_mismatch');
    assert.deepEqual(await rolesOf(uid), ['support']);
  });

  it('keeps the claims of others', async () => {
    const { idToken } = await makeSignedIn(['owner']);
    const { uid } = await makeUser(['member'], { claims: { tenantPlan: 'x' } });
    assert.equal(outcome(await put(idToken, uid, ['support'])), '200');
    const { customClaims } = await authAdmin.getUser(uid);
    assert.deepEqual(customClaims, { tenantPlan: 'x', roles: ['support'], rv: 2 });
  });

  it('measures the claims in bytes, and changes nothing when they would not fit', async () => {
    const { idToken } = await makeSignedIn(['owner']);
    // 480 characters of two bytes: under 1000 characters, over 1000 bytes with the roles.
    const { uid } = await makeUser(['member'], { claims: { plan: 'é'.repeat(480) } });
    const roles = ['member', 'support', 'auditor', 'admin'];
    assert.equal(outcome(await put(idToken, uid, roles)), '409 claims_too_large');
    assert.deepEqual(await rolesOf(uid), ['member']);
  });
});
