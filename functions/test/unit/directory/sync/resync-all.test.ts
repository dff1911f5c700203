import assert from 'node:assert/strict';
import { toDocument } from '../../../../src/directory/entry-document.ts';
import { resyncAll } from '../../../../src/directory/index.ts';
import { entryOf, openTestDirectory, type TestDirectory } from '../../../helpers/test-directory.ts';

const OPERATOR = { kind: 'operator', requestId: 'test' } as const;
const COLLECTIONS = ['directory', 'system'] as const;
type Documents = ReadonlyMap<string, FirebaseFirestore.DocumentData>;

describe('resyncAll', () => {
  let access: TestDirectory;
  beforeEach(async () => {
    access = await openTestDirectory(
      ['olga', 'ann', 'bob', 'eve'].map((uid) => [uid, { claims: { plan: uid }, validAfter: 1 }]),
    );
    for (const uid of ['olga', 'ann', 'bob', 'eve']) await access.users.get(uid);
    await grant('olga', 'owner');
    await grant('ann', 'admin');
    await grant('bob', 'support');
  });
  afterEach(() => access.close());

  const grant = (uid: string, ...roles: ('owner' | 'admin' | 'support' | 'member')[]) =>
    access.changeAccess(OPERATOR, { uid, action: 'roles.set' }, ({ now }) => ({
      grants: roles.map((role) => ({ role, grantedBy: 'operator', grantedAt: now })),
    }));
  const claimsOf = (uid: string) => access.accounts.byUid.get(uid)?.claims;
  const setAccount = (uid: string, facts: object) => {
    const account = access.accounts.byUid.get(uid) ?? assert.fail();
    access.accounts.byUid.set(uid, { ...account, ...facts });
  };

  /** What Firestore's managed export keeps of the directory. */
  async function backUp(): Promise<Documents> {
    const { db } = access.firestore;
    const found = await Promise.all(COLLECTIONS.map((name) => db.collection(name).get()));
    return new Map(found.flatMap(({ docs }) => docs.map((one) => [one.ref.path, one.data()] as const)));
  }
  async function restore(backup: Documents): Promise<void> {
    const { db } = access.firestore;
    for (const name of [...COLLECTIONS, 'accessChanges', 'auditEvents'])
      for (const { ref } of (await db.collection(name).get()).docs) await ref.delete();
    for (const [path, data] of backup) await db.doc(path).set(data);
  }
  async function resync(options: Partial<Parameters<typeof resyncAll>[1]> = {}) {
    const { accounts, directory, sync, clock, platform } = access;
    const deps = { open: platform.firestore, accounts, directory, sync, clock };
    const all = { resynced: [] as string[], missing: [] as string[], failed: [] as string[] };
    for await (const page of resyncAll(deps, { dryRun: false, deleteMissing: false, ...options })) {
      all.resynced.push(...page.resynced);
      all.missing.push(...page.missing);
      all.failed.push(...page.failed);
    }
    return all;
  }

  it('writes nothing where entries and accounts agree', async () => {
    const changes = access.accounts.changes.length;
    assert.deepEqual(await resync(), { resynced: [], missing: [], failed: [] });
    assert.equal(access.accounts.changes.length, changes);
  });

  it('compiles wiped claims from a restored directory, beside those of other code', async () => {
    const backup = await backUp();
    for (const uid of ['olga', 'ann', 'bob']) setAccount(uid, { claims: { plan: uid } });
    await restore(backup);
    assert.deepEqual((await resync({ dryRun: true })).resynced, ['ann', 'bob', 'olga']);
    assert.deepEqual(claimsOf('ann'), { plan: 'ann' });
    assert.deepEqual((await resync()).resynced, ['ann', 'bob', 'olga']);
    assert.deepEqual(claimsOf('olga'), { plan: 'olga', roles: ['owner'], rv: 2 });
    assert.deepEqual(claimsOf('ann'), { plan: 'ann', roles: ['admin'], rv: 2 });
    assert.deepEqual(claimsOf('eve'), { plan: 'eve' });
    assert.deepEqual((await resync()).resynced, []);
  });

  it('makes tokens from after the backup stale, on every instance', async () => {
    const backup = await backUp();
    await grant('eve', 'admin');
    await grant('bob', 'admin');
    await grant('bob', 'member');
    await restore(backup);
    assert.deepEqual((await resync()).resynced, ['bob', 'eve']);
    assert.deepEqual(claimsOf('bob'), { plan: 'bob', roles: ['support'], rv: 4 });
    assert.deepEqual(claimsOf('eve'), { plan: 'eve', roles: [], rv: 2 });
    assert.equal((await access.another().feed.find('eve'))?.rolesVersion, 2);
    const { events } = await access.audit.list({ pageSize: 10, action: 'claims.repair' });
    assert.deepEqual(events.map(({ actor, target }) => [actor, target]).toSorted(), [
      ['operator', 'bob'],
      ['operator', 'eve'],
    ]);
  });

  it('finds claims of the same version with other roles', async () => {
    const backup = await backUp();
    await grant('bob', 'admin');
    await restore(backup);
    await access.directory.change({ uid: 'bob' }, ({ entry }) => ({
      entry: { ...(entry ?? assert.fail()), rolesVersion: 2 },
    }));
    assert.deepEqual((await resync()).resynced, ['bob']);
    assert.deepEqual(claimsOf('bob'), { plan: 'bob', roles: ['support'], rv: 3 });
  });

  it('keeps users disabled and revoked who were so after the backup', async () => {
    const backup = await backUp();
    const revokedAt = access.now() - 60;
    setAccount('ann', { disabled: true });
    setAccount('bob', { validAfter: revokedAt });
    await restore(backup);
    assert.deepEqual((await resync()).resynced, ['ann', 'bob']);
    assert.equal((await access.directory.find('ann'))?.disabled, true);
    assert.equal((await access.another().feed.find('bob'))?.validAfter, revokedAt);
    assert.equal(access.accounts.byUid.get('ann')?.disabled, true);
  });

  it('ends a session that was kept, unless Firebase Auth has the revocation that kept it', async () => {
    const validAfter = access.now() - 60;
    const kept = { keptSession: 's', validAfter, accountRevokedAt: validAfter + 5 };
    await access.directory.change({ uid: 'bob' }, ({ entry }) => ({
      entry: { ...(entry ?? assert.fail()), ...kept },
    }));
    setAccount('bob', { validAfter: validAfter + 5 });
    assert.deepEqual((await resync()).resynced, []);
    setAccount('bob', { validAfter: validAfter + 6 });
    assert.deepEqual((await resync()).resynced, ['bob']);
    const entry = await access.directory.find('bob');
    assert.deepEqual([entry?.validAfter, entry?.keptSession], [validAfter + 6, undefined]);
  });

  it('disables an account again that was enabled after the backup', async () => {
    await access.changeAccess(OPERATOR, { uid: 'bob', action: 'user.disable' }, () => ({ disabled: true }));
    const backup = await backUp();
    setAccount('bob', { disabled: false });
    await restore(backup);
    await resync();
    assert.equal(access.accounts.byUid.get('bob')?.disabled, true);
  });

  it('deletes entries without an account only when asked, and never those of external users', async () => {
    await access.directory.change({ uid: 'ext-x' }, () => ({
      entry: entryOf('ext-x', { identity: { issuer: 'https://a.example', subject: 'x' }, roles: ['admin'] }),
    }));
    access.accounts.byUid.delete('ann');
    assert.deepEqual(await resync(), { resynced: [], missing: ['ann'], failed: [] });
    assert.notEqual(await access.directory.find('ann'), undefined);
    assert.deepEqual(await resync({ dryRun: true, deleteMissing: true }), {
      ...{ resynced: [], missing: ['ann'], failed: [] },
    });
    await resync({ deleteMissing: true });
    assert.equal(await access.directory.find('ann'), undefined);
    assert.notEqual(await access.directory.find('ext-x'), undefined);
  });

  it('writes the list of owners from the entries', async () => {
    await access.firestore.db.doc('system/owners').set({ uids: ['ann', 'gone'] });
    assert.deepEqual((await resync({ dryRun: true })).resynced, ['system/owners']);
    assert.deepEqual(await access.owners(), ['ann', 'gone']);
    await resync();
    assert.deepEqual(await access.owners(), ['olga']);
  });

  it('leaves a user with a role that this code does not define as they are', async () => {
    const ref = access.firestore.db.doc('directory/bob');
    const [first] = (await ref.get()).get('grants');
    await ref.update({ grants: [first, { ...first, role: 'editor' }], rolesVersion: 5 });
    const claims = claimsOf('bob');
    assert.deepEqual((await resync()).failed, ['bob']);
    assert.deepEqual(claimsOf('bob'), claims);
    assert.equal((await ref.get()).get('grants').length, 2);
  });

  it('goes on after a damaged entry, and over more than one page', async () => {
    const { db } = access.firestore;
    const batch = db.batch();
    for (let n = 0; n < 250; n++)
      batch.set(db.doc(`directory/x${String(n).padStart(3, '0')}`), toDocument(entryOf(`x${n}`)));
    batch.set(db.doc('directory/aaa'), { grants: 'broken' });
    await batch.commit();
    const { missing, failed } = await resync();
    assert.deepEqual([missing.length, failed], [250, ['aaa']]);
  });
});
