import assert from 'node:assert/strict';
import type { PrincipalActor } from '../../../../src/authz/principal.ts';
import { toRfc3339 } from '../../../../src/core/time.ts';
import { provisionEntry } from '../../../../src/directory/provision.ts';
import {
  handleAccountDeleted,
  markAccountOutOfSync,
} from '../../../../src/directory/sync/account-lifecycle.ts';
import { actor } from '../../../helpers/actor.ts';
import { identityOf } from '../../../helpers/identities.ts';
import { accountOf } from '../../../helpers/memory-accounts.ts';
import { assertRefused } from '../../../helpers/refusal.ts';
import { openTestDirectory, type TestDirectory } from '../../../helpers/test-directory.ts';

const ADA = identityOf('ada', { email: 'ada@login.example' });
const OLGA: PrincipalActor = actor('olga', ['owner']);

describe('an external user without an account in Firebase Auth', () => {
  let access: TestDirectory;
  beforeEach(async () => {
    access = await openTestDirectory([['olga', { roles: ['owner'] }]]);
    await access.users.get('olga');
    await access.records.readExternal(ADA);
  });
  afterEach(() => access.close());

  const find = () => access.directory.find(ADA.id);
  const grant = (version: number) =>
    access.users.setRoles(OLGA, { uid: ADA.id, grants: [{ role: 'support' }], version });
  const latest = () => access.feed.find(ADA.id);

  it('gets roles, and every instance learns of it', async () => {
    const after = await grant(0);
    assert.deepEqual([after.version, after.synced, after.email], [1, true, 'ada@login.example']);
    assert.deepEqual((await find())?.pending, []);
    assert.equal((await latest())?.rolesVersion, 1);
    assert.deepEqual(access.accounts.changes, []);
  });

  it('is disabled, enabled and signed out', async () => {
    assert.equal((await access.users.setDisabled(OLGA, ADA.id, true)).disabled, true);
    assert.equal((await latest())?.validAfter, access.now() + 1);
    assert.equal((await access.users.setDisabled(OLGA, ADA.id, false)).disabled, false);
    access.clock.move(5_000);
    const { sessionsValidAfter } = await access.users.revoke(OLGA, ADA.id);
    assert.equal(sessionsValidAfter, toRfc3339(access.now() + 1));
    assert.deepEqual((await find())?.pending, []);
  });

  it('is deleted, and is provisioned again as a new user', async () => {
    await grant(0);
    await access.users.remove(OLGA, ADA.id);
    assert.equal(await find(), undefined);
    assert.equal((await latest())?.validAfter, access.now() + 1);
    const { record } = await access.records.readExternal(ADA);
    assert.deepEqual([record?.grants, record?.rolesVersion], [[], 0]);
  });

  it('has nothing pending after reconciliation when a crash interrupted the sync', async () => {
    await access.directory.change({ uid: ADA.id }, ({ entry }) => ({
      entry: { ...(entry ?? assert.fail()), rolesVersion: 4, pending: ['claims', 'disabled', 'sessions'] },
    }));
    assert.equal((await access.reconcile({ kind: 'system', requestId: 'r' })).repaired, 1);
    assert.deepEqual([(await find())?.pending, (await find())?.rolesVersion], [[], 4]);
  });

  it('has expired grants removed', async () => {
    const grants = [{ role: 'support', expiresAt: access.now() + 60 } as const];
    await access.users.setRoles(OLGA, { uid: ADA.id, grants, version: 0 });
    access.clock.move(60_000);
    assert.equal((await access.reconcile({ kind: 'system', requestId: 'r' })).expired, 1);
    assert.deepEqual((await find())?.grants, []);
  });

  it('can sign out everywhere before the first request', async () => {
    const bea = identityOf('bea');
    const { principal } = actor('bea', ['member']);
    const self = { ...Object(principal), issuer: bea.issuer, uid: undefined, directoryId: bea.id };
    const entry = await access.users.revoke({ kind: 'principal', principal: self, requestId: 'r' }, bea.id);
    const end = toRfc3339(access.now() + 1);
    assert.deepEqual([entry.identity.subject, entry.sessionsValidAfter], ['bea', end]);
  });

  it('keeps the profile of the issuer with an account, which is synced like any other', async () => {
    await access.accounts.create(ADA.id);
    const account = { ...accountOf(ADA.id), email: 'another@else.example' };
    const entry = await provisionEntry(access.directory, account, access.now());
    assert.equal(entry.email, 'ada@login.example');
    await grant(0);
    assert.deepEqual(access.accounts.changes, [`create ${ADA.id}`, `setClaims ${ADA.id}`]);
    assert.equal((await access.records.read(ADA.id))?.rolesVersion, 1);
    await access.users.remove(OLGA, ADA.id);
    assert.deepEqual([access.accounts.byUid.has(ADA.id), await find()], [false, undefined]);
  });

  it('stays when the account is deleted; its tokens are stale, sessions at the issuer are not', async () => {
    await grant(0);
    await handleAccountDeleted(access.directory, { uid: ADA.id, requestId: 'event' });
    const entry = await find();
    assert.deepEqual(
      [entry?.grants.map(({ role }) => role), entry?.rolesVersion, entry?.validAfter],
      [['support'], 2, 0],
    );
    assert.deepEqual([(await latest())?.rolesVersion, (await latest())?.validAfter], [2, undefined]);
  });

  it('has pending changes for an account that is created later', async () => {
    await grant(0);
    await access.users.setDisabled(OLGA, ADA.id, true);
    await access.accounts.create(ADA.id);
    const account = (await access.accounts.find(ADA.id)) ?? assert.fail();
    assert.deepEqual((await markAccountOutOfSync(access.directory, account))?.pending, [
      'claims',
      'disabled',
    ]);
    assert.equal(await access.sync.syncAccount(ADA.id), true);
    const synced = access.accounts.byUid.get(ADA.id);
    assert.deepEqual([synced?.disabled, synced?.claims], [true, { roles: ['support'], rv: 1 }]);
    assert.equal((await markAccountOutOfSync(access.directory, synced ?? assert.fail()))?.pending.length, 0);
    assert.equal(await markAccountOutOfSync(access.directory, accountOf('missing')), undefined);
  });

  it('is the only kind: a Firebase user without an account gets no role', async () => {
    access.accounts.byUid.delete('olga');
    const change = { uid: 'olga', grants: [], version: 1 };
    await assertRefused(() => access.users.setRoles(actor('x', ['owner']), change), 'not_found');
  });
});
