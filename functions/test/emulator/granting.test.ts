import assert from 'node:assert/strict';
import {
  api,
  authAdmin,
  localInstance,
  makeSignedIn,
  makeUser,
  outcome,
  setRoles,
} from '../helpers/emulator.ts';

describe('grant roles, through Hosting', function () {
  this.timeout(20_000);

  /** The roles in the directory. Asserts that the claims agree. */
  async function rolesOf(uid: string): Promise<unknown> {
    const roles = (await localInstance.users.get(uid)).grants.map(({ role }) => role);
    assert.deepEqual((await authAdmin.getUser(uid)).customClaims?.roles, roles);
    return roles;
  }

  it('refuses members, support and auditors, and names the missing permission', async () => {
    const { uid } = await makeUser(['member']);
    for (const role of ['member', 'support', 'auditor'] as const) {
      const { idToken } = await makeSignedIn([role]);
      const answer = await setRoles(idToken, uid, []);
      assert.equal(outcome(answer), '403 permission_denied', role);
      assert.match(answer.headers.get('WWW-Authenticate') ?? '', /scope="roles:assign"/);
    }
    assert.deepEqual(await rolesOf(uid), ['member']);
  });

  it('lets an admin add and remove admins, but not owners', async () => {
    const { idToken } = await makeSignedIn(['admin']);
    const { uid } = await makeUser(['member']);
    assert.equal(outcome(await setRoles(idToken, uid, ['admin'])), '200');
    const owning = await setRoles(idToken, uid, ['admin', 'owner'], 2);
    assert.equal(outcome(owning), '403 exceeds_own_permissions');
    assert.equal(outcome(await setRoles(idToken, uid, ['auditor'], 2)), '200');
    assert.deepEqual(await rolesOf(uid), ['auditor']);
  });

  it('lets an admin change nothing about an owner, nor enable a disabled one', async () => {
    const { idToken: token } = await makeSignedIn(['admin']);
    const [owner, disabledOwner] = await Promise.all([makeUser(['owner']), makeUser(['owner'])]);
    await authAdmin.updateUser(disabledOwner.uid, { disabled: true });
    const attempts = [
      await setRoles(token, owner.uid, []),
      await api(`PATCH /users/${owner.uid}`, { token, body: { disabled: true } }),
      await api(`DELETE /users/${owner.uid}`, { token }),
      await api(`PATCH /users/${disabledOwner.uid}`, { token, body: { disabled: false } }),
    ];
    for (const answer of attempts) {
      assert.equal(outcome(answer), '403 exceeds_own_permissions');
    }
    const { disabled, customClaims } = await authAdmin.getUser(owner.uid);
    assert.deepEqual([disabled, customClaims], [false, { roles: ['owner'], rv: 1 }]);
    assert.equal((await authAdmin.getUser(disabledOwner.uid)).disabled, true);
  });

  for (const role of ['admin', 'owner'] as const) {
    it(`lets an ${role} change nothing about their own account`, async () => {
      const { uid, idToken: token } = await makeSignedIn([role]);
      const attempts = [
        await setRoles(token, uid, [role, 'support']),
        await setRoles(token, uid, []),
        await api(`PATCH /users/${uid}`, { token, body: { disabled: true } }),
        await api(`DELETE /users/${uid}`, { token }),
      ];
      for (const answer of attempts) assert.equal(outcome(answer), '403 own_account');
      assert.deepEqual(await rolesOf(uid), [role]);
    });
  }

  it('rejects invalid grants, and names the field', async () => {
    const { idToken: token } = await makeSignedIn(['owner']);
    const { uid } = await makeUser(['member']);
    const past = '2020-01-01T00:00:00Z';
    const invalid: readonly (readonly [field: string, grants: unknown])[] = [
      ['body.grants.0.role', [{ role: 'king' }]],
      ['body.grants.1.role', [{ role: 'member' }, { role: 'constructor' }]],
      ['body.grants.0.grantedBy', [{ role: 'admin', grantedBy: 'another-user' }]],
      ['body.grants.0.expiresAt', [{ role: 'admin', expiresAt: 'tomorrow' }]],
      ['body.grants.0.expiresAt', [{ role: 'admin', expiresAt: past }]],
      ['body.grants.0', ['owner']],
      ['body.grants', [{ role: 'support' }, { role: 'support' }]],
    ];
    for (const [field, grants] of invalid) {
      const answer = await api(`PUT /users/${uid}/roles`, { token, body: { grants, version: 1 } });
      assert.equal(outcome(answer), '400 invalid_argument', field);
      assert.deepEqual(
        answer.body.errors.map((error: { field: string }) => error.field),
        [field],
      );
    }
    assert.deepEqual(await rolesOf(uid), ['member']);
  });

  it('keeps claims that Gatehouse does not manage', async () => {
    const { idToken } = await makeSignedIn(['owner']);
    const { uid } = await makeUser(['member'], { claims: { tenantPlan: 'x' } });
    assert.equal(outcome(await setRoles(idToken, uid, ['support'])), '200');
    const { customClaims } = await authAdmin.getUser(uid);
    assert.deepEqual(customClaims, { tenantPlan: 'x', roles: ['support'], rv: 2 });
  });

  it('rejects a change with claims of more than 1000 bytes, and changes nothing', async () => {
    const { idToken } = await makeSignedIn(['owner']);
    // 480 characters of two bytes: under 1000 characters, over 1000 bytes with the roles.
    const { uid } = await makeUser(['member'], { claims: { plan: 'é'.repeat(480) } });
    const roles = ['member', 'support', 'auditor', 'admin'] as const;
    assert.equal(outcome(await setRoles(idToken, uid, roles)), '409 claims_too_large');
    assert.deepEqual(await rolesOf(uid), ['member']);
  });
});
