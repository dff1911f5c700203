import assert from 'node:assert/strict';
import { createReconcileSchedule } from '../../../src/directory/sync/reconcile-schedule.ts';
import { createUserEvents } from '../../../src/sign-up/user-events.ts';
import { type Api, breakFirebaseAuth, openApi } from '../../helpers/api.ts';
import type { GoogleUser } from '../../helpers/google.ts';
import { identityOf } from '../../helpers/identities.ts';
import { openInstanceOn } from '../../helpers/instance.ts';
import type { ProductFields } from '../../helpers/product.ts';

const ada = { email: 'ada@acme.com', emailVerified: true };
const ACME = { signUp: { emailDomains: ['acme.com'] } };
let api: Api;

const open = async (product: ProductFields = {}) => {
  api = await openApi({ product });
};
const account = (user: Omit<GoogleUser, 'localId'>) => {
  const providerUserInfo = [{ providerId: 'password', rawId: 'x' }];
  api.google.users.set('new', { localId: 'new', providerUserInfo, ...user } as GoogleUser);
};
/** Delivers an event. Firebase Auth is asked for everything but the id, the uid and how the account was `created`. */
async function deliver(name: 'onUserCreated' | 'onUserDeleted', uid = 'new', created: object = {}) {
  const trigger = createUserEvents({}, () => api.deps)[name];
  await trigger.run({ id: 'event-1', data: { uid, ...created } } as Parameters<typeof trigger.run>[0]);
}
const entry = () => api.deps.directory.find('new');
const roles = async () => (await entry())?.grants.map(({ role }) => role);
const claims = () => JSON.parse(api.google.users.get('new')?.customAttributes ?? 'null');
const actions = async () =>
  (await api.firestore.db.collection('auditEvents').get()).docs.map((event) => event.get('action'));

describe('onUserCreated', () => {
  afterEach(() => api.close());

  it('creates the entry with the default role, and updates Firebase Auth', async () => {
    await open();
    account({ ...ada, customAttributes: '{"tier":"gold"}' });
    await deliver('onUserCreated');
    assert.deepEqual([await roles(), claims()], [['member'], { tier: 'gold', roles: ['member'], rv: 1 }]);
    const [line] = api.lines;
    assert.deepEqual([line?.action, line?.actor, line?.requestId], ['roles.default', 'system', 'event-1']);
  });

  it('does nothing for repeated and concurrent events', async () => {
    await open();
    account(ada);
    await Promise.all([deliver('onUserCreated'), deliver('onUserCreated')]);
    await deliver('onUserCreated');
    assert.deepEqual([(await entry())?.rolesVersion, await actions()], [1, ['roles.default']]);
    assert.equal(api.google.count('accounts:update'), 1);
  });

  it('does not restore a role that was removed since', async () => {
    await open();
    account(ada);
    await deliver('onUserCreated');
    const system = { kind: 'system', requestId: 'r' } as const;
    await api.deps.changeAccess(system, { uid: 'new', action: 'roles.set' }, () => ({ grants: [] }));
    await deliver('onUserCreated');
    assert.deepEqual(await roles(), []);
  });

  it('disables a user of another domain, without a role, and records that', async () => {
    await open(ACME);
    account({ email: 'x@acme.com.evil.com', emailVerified: true });
    await deliver('onUserCreated');
    const stored = api.google.users.get('new');
    assert.deepEqual([stored?.disabled, Number(stored?.validSince) > 0, claims()], [true, true, null]);
    assert.deepEqual(
      [(await entry())?.disabled, await roles(), await actions()],
      [true, [], ['user.sign-up-refused']],
    );
  });

  it('does not disable a guest who linked an address of another domain before the event came', async () => {
    await open(ACME);
    account({ email: 'x@evil.com', emailVerified: true });
    await deliver('onUserCreated', 'new', { email: null, phoneNumber: null, providerData: [] });
    assert.deepEqual([(await entry())?.disabled, await roles(), await actions()], [false, [], []]);
  });

  for (const created of [
    { email: 'x@evil.com', providerData: [] },
    { phoneNumber: '+491701234567', providerData: [] },
    { providerData: [{ providerId: 'google.com' }] },
  ]) {
    it(`disables a user of another domain who was created with ${JSON.stringify(created)}`, async () => {
      await open(ACME);
      account({ email: 'x@evil.com', emailVerified: true });
      await deliver('onUserCreated', 'new', created);
      assert.equal((await entry())?.disabled, true);
    });
  }

  it('does not disable a user again who got a role since', async () => {
    await open(ACME);
    account({ email: 'x@evil.com', emailVerified: true, customAttributes: '{"roles":["member"],"rv":2}' });
    await deliver('onUserCreated');
    assert.deepEqual([(await entry())?.disabled, await roles()], [false, ['member']]);
  });

  it('creates the entry of an unverified user of the domain without a role', async () => {
    await open(ACME);
    account({ ...ada, emailVerified: false });
    await deliver('onUserCreated');
    assert.deepEqual([(await entry())?.disabled, await roles()], [false, []]);
  });

  it('creates entries without a role for anonymous users and without a default role', async () => {
    await open({ defaultRole: 'none' });
    account(ada);
    await deliver('onUserCreated');
    assert.deepEqual(await roles(), []);
    await api.close();
    await open();
    api.google.users.set('new', { localId: 'new' });
    await deliver('onUserCreated');
    assert.deepEqual(await roles(), []);
  });

  it('creates no entry for a user who was deleted again', async () => {
    await open();
    await deliver('onUserCreated');
    assert.deepEqual([await entry(), api.google.count('accounts:update')], [undefined, 0]);
  });

  it('ignores ids that no document can have', async () => {
    await open();
    for (const uid of ['a/b', 'a/b/c']) {
      api.google.users.set(uid, { localId: uid, ...ada });
      await deliver('onUserCreated', uid);
    }
    assert.equal(api.google.count('accounts:update'), 0);
    for (const collection of ['directory', 'auditEvents']) {
      assert.equal((await api.firestore.db.collectionGroup(collection).get()).size, 0, collection);
    }
  });

  it('fails while Firebase Auth is down, so that the event is delivered again', async () => {
    await open();
    breakFirebaseAuth(api.google);
    await assert.rejects(deliver('onUserCreated'), { code: 'unavailable' });
  });
});

describe('events of an account that a token exchange created', () => {
  const ADA = identityOf('ada');
  beforeEach(async () => {
    await open();
    await api.deps.accessRecords.readExternal(ADA);
    const system = { kind: 'system', requestId: 'r' } as const;
    const grants = [{ role: 'support', grantedBy: 'olga', grantedAt: 1 } as const];
    await api.deps.changeAccess(system, { uid: ADA.id, action: 'roles.set' }, () => ({ grants }));
    await api.deps.changeAccess(system, { uid: ADA.id, action: 'user.disable' }, () => ({ disabled: true }));
  });
  afterEach(() => api.close());

  const ada = async () => (await api.deps.directory.find(ADA.id)) ?? assert.fail('no entry');

  it('sync an account that an old custom token created again', async () => {
    api.google.users.set(ADA.id, { localId: ADA.id });
    await deliver('onUserCreated', ADA.id);
    const { disabled, customAttributes } = api.google.users.get(ADA.id) ?? assert.fail();
    assert.deepEqual([disabled, JSON.parse(customAttributes ?? '')], [true, { roles: ['support'], rv: 1 }]);
    assert.deepEqual((await ada()).pending, []);
  });

  it('keep the entry when the account is deleted, and make its tokens stale', async () => {
    const { validAfter } = await ada();
    await deliver('onUserDeleted', ADA.id);
    const { grants, disabled, rolesVersion, validAfter: after } = await ada();
    assert.deepEqual([grants.length, disabled, rolesVersion, after], [1, true, 2, validAfter]);
    assert.equal((await api.deps.accessChanges.find(ADA.id))?.rolesVersion, 2);
    assert.ok((await actions()).includes('user.firebase-account-deleted'));
  });
});

describe('onUserDeleted', () => {
  beforeEach(() => open());
  afterEach(() => api.close());

  it('deletes the entry, records it, and does nothing the second time', async () => {
    account(ada);
    await deliver('onUserCreated');
    api.google.users.delete('new');
    await deliver('onUserDeleted');
    await deliver('onUserDeleted');
    assert.deepEqual(
      [await entry(), (await actions()).toSorted()],
      [undefined, ['roles.default', 'user.account-deleted']],
    );
  });

  it('announces the deletion to every instance, even without an entry', async () => {
    const second = Math.floor(Date.now() / 1000);
    await deliver('onUserDeleted');
    const other = openInstanceOn(api.google, api.firestore);
    for (const { accessChanges } of [api.deps, other]) {
      assert.ok(((await accessChanges.find('new'))?.validAfter ?? 0) > second);
    }
    assert.deepEqual(await actions(), []);
  });

  it('ignores ids that no document can have', async () => {
    for (const uid of ['a/b', 'a/b/c']) await deliver('onUserDeleted', uid);
    assert.equal((await api.firestore.db.collection('accessChanges').get()).size, 0);
  });

  it('ignores a late event for a uid that exists again', async () => {
    account(ada);
    await deliver('onUserCreated');
    await deliver('onUserDeleted');
    assert.deepEqual(await roles(), ['member']);
  });

  it('may come before the creation, and leaves no entry', async () => {
    await deliver('onUserDeleted');
    await deliver('onUserCreated');
    assert.equal(await entry(), undefined);
  });

  it('fails while Firebase Auth is down, and keeps the entry', async () => {
    account(ada);
    await deliver('onUserCreated');
    breakFirebaseAuth(api.google);
    await assert.rejects(deliver('onUserDeleted'), { code: 'unavailable' });
    assert.deepEqual(await roles(), ['member']);
  });
});

describe('the reconciliation schedule', () => {
  before(() => open());
  after(() => api.close());

  it('applies pending changes, removes expired grants, and logs the counts', async () => {
    account(ada);
    await deliver('onUserCreated');
    const grant = { role: 'support', grantedBy: 'x', grantedAt: 1, expiresAt: 5 } as const;
    await api.deps.directory.change({ uid: 'new' }, ({ entry }) => ({
      entry: { ...(entry ?? assert.fail()), grants: [...(entry?.grants ?? []), grant], pending: ['claims'] },
    }));
    api.lines.length = 0;
    const schedule = createReconcileSchedule({}, () => api.deps.directory);
    await schedule.run({ scheduleTime: new Date().toISOString() });
    assert.deepEqual([await roles(), (await entry())?.pending], [['member'], []]);
    const line = api.lines.find(({ kind }) => kind === 'reconciled');
    const schema = 'behind'; // no migration has run
    assert.deepEqual(line, { kind: 'reconciled', expired: 1, repaired: 0, failed: 0, more: false, schema });
  });
});
