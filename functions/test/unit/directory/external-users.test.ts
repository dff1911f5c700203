import assert from 'node:assert/strict';
import type { Role } from '../../../src/authz/roles.ts';
import { applyEdit, type Edit } from '../../../src/directory/edit.ts';
import { identityOf } from '../../helpers/identities.ts';
import { assertRefused } from '../../helpers/refusal.ts';
import { entryOf, openTestDirectory, type TestDirectory } from '../../helpers/test-directory.ts';

const ADA = identityOf('ada');
const GRANT = { grantedBy: 'olga', grantedAt: 1 };

/** Bob is a Firebase user; Ada is an external user without an entry. */
let access: TestDirectory;
const open = async () => {
  access = await openTestDirectory([['bob', { roles: ['admin'], validAfter: 50 }]]);
};
const ada = async () => (await access.directory.find(ADA.id)) ?? assert.fail('no entry');
const commit = (edit: Edit) =>
  access.directory.change({ uid: ADA.id }, ({ entry }) =>
    applyEdit(entry ?? assert.fail(), edit, access.now()),
  );
const read = async (identity = ADA) => (await access.records.readExternal(identity)).record;
const rolesOf = (record: { grants: readonly { role: Role }[] } | undefined) =>
  record?.grants.map(({ role }) => role);
const events = async () => (await access.all('auditEvents')).map(({ action }) => action);

describe('the access record of an external user', () => {
  beforeEach(open);
  afterEach(() => access.close());

  it('does not exist without an entry, and says which entry was read', async () => {
    const found = await access.records.readExternal(identityOf('ada', { jitProvisioning: false }));
    const { validAfter, ...version } = found.directoryVersion;
    assert.deepEqual([found.record, version], [undefined, { id: ADA.id, rolesVersion: 0 }]);
    const age = access.now() - validAfter;
    assert.ok(age >= 360 && age <= 362, 'what happened to one long before is of no interest');
    assert.deepEqual(await access.all('directory'), []);
  });

  it('is provisioned just in time where the profile says so, without a role, with an event', async () => {
    const { record, directoryVersion } = await access.records.readExternal(ADA);
    const { validAfter, ...version } = directoryVersion;
    assert.deepEqual(version, { id: ADA.id, rolesVersion: 0 });
    assert.ok(validAfter < (await ada()).created, 'what happened meanwhile is of interest');
    const { created } = await ada();
    const whole = { created, disabled: false, validAfter: 0, rolesVersion: 0, grants: [] };
    assert.deepEqual(record, whole);
    const { identity, providers } = await ada();
    assert.deepEqual([identity, providers], [{ issuer: ADA.issuer, subject: 'ada' }, [ADA.issuer]]);
    const [event] = await access.all('auditEvents');
    assert.deepEqual(
      [event?.action, event?.actor, event?.target, event?.after],
      ['user.provision', 'system', ADA.id, { issuer: ADA.issuer, subject: 'ada' }],
    );
  });

  it('is provisioned once for twenty concurrent requests on two instances', async () => {
    const other = access.another();
    await Promise.all(
      Array.from({ length: 20 }, (_, index) => (index % 2 ? access : other).records.readExternal(ADA)),
    );
    assert.deepEqual(await events(), ['user.provision']);
    assert.equal((await access.all('directory')).length, 1);
  });

  it('is read without Firebase Auth, and has the grants', async () => {
    await read();
    await commit({ grants: [{ role: 'support', ...GRANT }] });
    access.accounts.find = () => assert.fail('asked');
    const record = await read();
    assert.deepEqual([rolesOf(record), record?.rolesVersion], [['support'], 1]);
  });

  it('leaves out grants of a token exchange, and keeps those of administrators', async () => {
    await read();
    const exchanged = { role: 'support', grantedBy: ADA.issuer, grantedAt: 1, expiresAt: 2 ** 32 } as const;
    const other = { ...exchanged, role: 'member', grantedBy: 'https://other.example.com' } as const;
    await commit({ grants: [exchanged, { role: 'auditor', ...GRANT }, other] });
    assert.deepEqual(rolesOf(await read()), ['auditor', 'member']);
    assert.deepEqual((await ada()).grants.length, 3);
  });

  it('follows the address in the token, once, and keeps it when a token has none', async () => {
    await read();
    const mail = identityOf('ada', { email: 'Ada@Example.com', emailVerified: true });
    await Promise.all([read(mail), read(mail)]);
    await read();
    const { email, emailVerified } = await ada();
    assert.deepEqual([email, emailVerified], ['ada@example.com', true]);
    assert.deepEqual(await access.all('accessChanges'), []);
  });

  it('does not give the access of a Firebase user with the same address', async () => {
    const record = await read(identityOf('eve', { email: 'bob@example.com', emailVerified: true }));
    assert.deepEqual(rolesOf(record), []);
  });

  it('is not read from the entry of another identity', async () => {
    const identity = { issuer: 'https://other.example.com', subject: 'ada' };
    const entry = entryOf(ADA.id, { roles: ['owner'], identity });
    await access.directory.change({ uid: ADA.id }, () => ({ entry }));
    await assertRefused(() => read(), 'internal', /another identity/);
  });

  it('reuses an entry that was imported from the account of a token exchange', async () => {
    const entry = entryOf(ADA.id, { roles: ['member'], disabled: true });
    await access.directory.change({ uid: ADA.id }, () => ({ entry }));
    const record = await read();
    assert.deepEqual([rolesOf(record), record?.disabled], [['member'], true]);
    assert.deepEqual((await ada()).identity, { issuer: ADA.issuer, subject: 'ada' });
  });
});
