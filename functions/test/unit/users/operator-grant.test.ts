import assert from 'node:assert/strict';
import { externalId } from '../../../src/authn/external-identity.ts';
import { grantAsOperator, grantToExternalUser } from '../../../src/users/operator-grant.ts';
import type { accountOf } from '../../helpers/memory-accounts.ts';
import { assertRefused } from '../../helpers/refusal.ts';
import { openTestDirectory, type TestDirectory } from '../../helpers/test-directory.ts';

const ANN = { email: 'ann@example.com' };
const LOGIN = 'https://login.example.com';

type Person = Parameters<typeof accountOf>;
let access: TestDirectory;

const rolesOf = async (uid: string) => (await access.users.get(uid)).grants.map(({ role }) => role);

describe('grantAsOperator', () => {
  afterEach(() => access.close());

  const open = async (...people: Person[]) => {
    access = await openTestDirectory(people);
    for (const [uid] of people) await access.users.get(uid);
  };
  const grant = (force = false, unverified = true) =>
    grantAsOperator(access, { named: ANN, role: 'owner', force, unverified });

  it('makes the first owner, who keeps their other roles', async () => {
    await open(['ann', { roles: ['member'] }]);
    assert.deepEqual(
      (await grant()).grants.map(({ role }) => role),
      ['member', 'owner'],
    );
    assert.deepEqual(access.accounts.byUid.get('ann')?.claims, { roles: ['member', 'owner'], rv: 2 });
    assert.deepEqual(await access.owners(), ['ann']);
  });

  it('makes a second owner only with force', async () => {
    await open(['ann'], ['olga', { roles: ['owner'] }]);
    await assertRefused(() => grant(), 'invalid_argument');
    assert.deepEqual(access.accounts.changes, []);
    await grant(true);
    assert.deepEqual(await access.owners(), ['olga', 'ann']);
  });

  it('makes an owner when the existing ones are disabled or expire', async () => {
    const claims = { roles: ['owner'], rv: 1, rx: { owner: 4_000_000_000 } };
    await open(['ann'], ['otto', { roles: ['owner'], disabled: true }], ['oda', { claims }]);
    await grant();
    assert.deepEqual(await access.owners(), ['ann']);
  });

  it('does nothing when the user has the role', async () => {
    await open(['ann', { roles: ['owner'] }]);
    await grant();
    assert.deepEqual(access.accounts.changes, []);
  });

  it('removes the expiry of a role', async () => {
    await open(['ann', { claims: { roles: ['owner'], rv: 1, rx: { owner: 4_000_000_000 } } }]);
    const { grants } = await grant();
    assert.deepEqual(
      grants.map(({ role, expiresAt }) => [role, expiresAt]),
      [['owner', undefined]],
    );
  });

  it('refuses an unverified address, and a disabled account', async () => {
    for (const state of [{ emailVerified: false }, { emailVerified: true, disabled: true }]) {
      await access?.close();
      await open(['ann', { ...state, roles: [] }]);
      await assertRefused(() => grant(false, false), 'invalid_argument');
      assert.deepEqual(access.accounts.changes, []);
      assert.deepEqual(
        (await grant(true, false)).grants.map(({ role }) => role),
        ['owner'],
      );
    }
  });

  it('refuses an address without an account', async () => {
    await open();
    await assertRefused(() => grant(), 'not_found');
  });
});

describe('grantToExternalUser', () => {
  const uid = externalId(LOGIN, 'ann');
  const open = async (...people: Person[]) => {
    access = await openTestDirectory(people);
    for (const [uid] of people) await access.users.get(uid);
  };
  const grant = (force = false, role: 'owner' | 'support' = 'owner') =>
    grantToExternalUser(access, { issuer: LOGIN, subject: 'ann', role, force });
  afterEach(() => access.close());

  it('provisions an external user as the first owner, without an account, and records it', async () => {
    await open();
    const { identity, grants } = await grant();
    assert.deepEqual(identity, { issuer: LOGIN, subject: 'ann' });
    assert.deepEqual(
      grants.map(({ role, grantedBy }) => [role, grantedBy]),
      [['owner', 'operator']],
    );
    assert.deepEqual(await access.owners(), [uid]);
    const events = await access.all('auditEvents');
    assert.deepEqual(events.map(({ action, actor, target }) => [action, actor, target]).sort(), [
      ['roles.set', 'operator', uid],
      ['user.provision', 'operator', uid],
    ]);
    assert.equal(access.accounts.byUid.has(uid), false);
  });

  it('adds to the existing roles, and does nothing the second time', async () => {
    await open();
    await grant(false, 'support');
    const { grants } = await grant();
    assert.deepEqual(
      grants.map(({ role }) => role),
      ['support', 'owner'],
    );
    const { rolesVersion } = await grant();
    assert.equal(rolesVersion, 2);
  });

  it('makes a second owner only with force, and creates no entry when it refuses', async () => {
    await open(['olga', { roles: ['owner'] }]);
    await assertRefused(() => grant(), 'invalid_argument');
    assert.equal(await access.directory.find(uid), undefined);
    await grant(true);
    assert.deepEqual(await access.owners(), ['olga', uid]);
  });

  it('refuses a disabled user without force', async () => {
    await open();
    await grant(false, 'support');
    await access.changeAccess({ kind: 'operator', requestId: 'r' }, { uid, action: 'user.disable' }, () => ({
      disabled: true,
    }));
    await assertRefused(() => grant(), 'invalid_argument');
    await grant(true);
    assert.deepEqual(await rolesOf(uid), ['support', 'owner']);
  });
});
