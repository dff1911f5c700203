import assert from 'node:assert/strict';
import { applyEdit } from '../../../src/directory/edit.ts';
import { type DirectoryEntry, importedEntry, isPermanentOwner } from '../../../src/directory/entry.ts';
import { fromDocument, toDocument } from '../../../src/directory/entry-document.ts';
import { openTestFirestore, type TestFirestore } from '../../helpers/firestore.ts';
import { accountOf } from '../../helpers/memory-accounts.ts';
import { assertRefused } from '../../helpers/refusal.ts';
import { entryOf } from '../../helpers/test-directory.ts';

describe('an entry of the directory', () => {
  let firestore: TestFirestore;
  before(async () => {
    firestore = await openTestFirestore();
  });
  after(() => firestore.close());

  /** An entry as it comes back from Firestore, and the document it was. */
  async function store(entry: DirectoryEntry, change: Record<string, unknown> = {}) {
    const ref = firestore.db.doc(`directory/${entry.uid}`);
    await ref.set({ ...toDocument(entry), ...change });
    const fields = (await ref.get()).data() ?? assert.fail();
    return { fields, read: () => fromDocument(entry.uid, fields) };
  }

  const whole: DirectoryEntry = {
    ...entryOf('ada', { displayName: 'Ada', rolesVersion: 7, claimsVersion: 6, validAfter: 1_700_000_001 }),
    grants: [
      { role: 'member', grantedBy: 'system', grantedAt: 10, expiresAt: undefined, reason: undefined },
      { role: 'admin', grantedBy: 'olga', grantedAt: 20, expiresAt: 2_000_000_000, reason: 'on call' },
      { role: 'support', grantedBy: 'olga', grantedAt: 20, expiresAt: 30, reason: undefined },
    ],
    disabled: true,
    pending: ['claims', 'sessions', 'disabled', 'deletion'],
    pendingSince: 1_600_000_000,
    lease: { by: 'r1', until: 1_700_000_000 },
    created: 5,
    updated: 1_700_000_000,
  };

  it('is read from Firestore as it was written', async () => {
    const { read } = await store(whole);
    assert.deepEqual(read(), whole);
  });

  it('is read with the identity of an external user', async () => {
    const identity = { issuer: 'https://login.example.com', subject: 'auth0|5' };
    const entry = { ...whole, identity };
    const { fields, read } = await store(entry);
    assert.deepEqual(read(), entry);
    assert.equal(fields.nextExpiry.seconds, 30);
  });

  it('is read without an e-mail address, a name and a lease when it has none', async () => {
    const sparse = entryOf('ada', { email: undefined, emails: [], providers: [] });
    const { fields, read } = await store(sparse);
    assert.deepEqual(read(), { ...sparse, displayName: undefined, lease: undefined });
    assert.ok(!('email' in fields || 'displayName' in fields || 'lease' in fields || 'nextExpiry' in fields));
  });

  it('is found by its roles, expired ones included, and by the next expiry', async () => {
    const { fields } = await store(whole);
    assert.deepEqual(fields.roles, ['member', 'admin', 'support']);
    assert.equal(fields.nextExpiry.seconds, 30);
  });

  it('ignores a role that this version does not know', async () => {
    const { fields } = await store(whole);
    const [, admin] = fields.grants as object[];
    const { read } = await store(whole, {
      grants: [{ ...admin, role: 'emperor' }, { ...admin, role: 'constructor' }, admin],
    });
    assert.deepEqual(
      read().grants.map(({ role }) => role),
      ['admin'],
    );
  });

  it('keeps the scope of a grant, and ignores a grant with an unknown scope', async () => {
    const { fields } = await store(whole);
    const [, admin] = fields.grants as object[];
    const { read } = await store(whole, {
      grants: [
        { ...admin, scope: 'project' },
        { ...admin, role: 'owner', scope: 'organization' },
        { ...admin, role: 'support', scope: null },
      ],
    });
    assert.deepEqual(
      read().grants.map(({ role, scope }) => [role, scope]),
      [['admin', 'project']],
    );
  });

  it('keeps a grant of an unknown role as stored, without a permission', async () => {
    const { fields } = await store(whole);
    const [, admin] = fields.grants as object[];
    const unknown = { ...admin, role: 'editor' };
    const { read } = await store(entryOf('ada', { roles: ['member'] }), { grants: [admin, unknown] });
    const entry = read();
    assert.deepEqual(
      entry.grants.map(({ role }) => role),
      ['admin'],
    );
    const again = await store(entry);
    assert.deepEqual((again.fields.grants as object[])[1], unknown);
    assert.deepEqual(again.fields.roles, ['admin', 'editor']);
    assert.deepEqual(again.read(), entry);
    const changed = applyEdit(entry, { grants: [] }, 1).entry;
    assert.deepEqual((await store(changed)).fields.grants, [], 'a change of the grants states all of them');
    assert.equal(applyEdit(entry, { disabled: true }, 1).entry.unknownGrants, entry.unknownGrants);
  });

  it('is disabled unless `disabled` is false', async () => {
    for (const disabled of ['no', 0, null]) {
      const { read } = await store(entryOf('ada'), { disabled });
      assert.equal(read().disabled, true);
    }
  });

  const grant = { role: 'owner', grantedBy: 'x', grantedAt: new Date(0) };
  const damages: Record<string, Record<string, unknown>> = {
    'no list of grants': { grants: 'owner' },
    'a grant that is null': { grants: [null] },
    'a grant without a time': { grants: [{ role: 'owner', grantedBy: 'x' }] },
    'a grant with an expiry that is no time, which must not become permanent': {
      grants: [{ ...grant, expiresAt: 'tomorrow' }],
    },
    'a grant with the expiry null': { grants: [{ ...grant, expiresAt: null }] },
    'no list of pending changes': { pending: null },
    'no providers': { providers: {} },
    'no version': { rolesVersion: null },
    'a version in words': { rolesVersion: 'seven' },
    'half a version': { claimsVersion: 1.5 },
    'no number as validAfter, with which nothing would be revoked': { validAfter: 'never' },
    'NaN as validAfter': { validAfter: Number.NaN },
    'no beginning': { created: 5 },
    'no last change': { updated: null },
    'an identity that is none': { identity: 'ada' },
    'an identity without a subject': { identity: { issuer: 'https://login.example.com' } },
    'an identity with an empty subject': { identity: { issuer: 'https://login.example.com', subject: '' } },
    'a turn without an end': { lease: { by: 'x' } },
  };
  for (const [what, change] of Object.entries(damages)) {
    it(`gives no access with ${what}`, async () => {
      const { read } = await store(entryOf('ada', { roles: ['owner'] }), change);
      const error = await assertRefused(read, 'internal');
      assert.match(String(error.cause), /directory\/ada is damaged/);
    });
  }
});

describe('importedEntry', () => {
  it('has the e-mail in lower case, the state, and the roles of claims with a version', () => {
    const account = accountOf('ada', {
      email: 'Ada@Example.COM',
      disabled: true,
      validAfter: 9,
      claims: { roles: ['member', 'admin', 'root'], rv: 3, rx: { admin: 50 }, plan: 'pro' },
    });
    const grantedBy = 'import';
    assert.deepEqual(importedEntry(account, 100), {
      uid: 'ada',
      ...{ email: 'ada@example.com', emailVerified: true, displayName: undefined, providers: ['password'] },
      ...{ emails: ['ada@example.com'], phoneNumber: undefined, photoUrl: undefined },
      grants: [
        { role: 'member', expiresAt: undefined, grantedBy, grantedAt: 100, reason: undefined },
        { role: 'admin', expiresAt: 50, grantedBy, grantedAt: 100, reason: undefined },
      ],
      ...{ rolesVersion: 3, claimsVersion: 3, disabled: true, validAfter: 9 },
      ...{ pending: [], created: 100, updated: 100 },
    });
  });

  for (const claims of [{}, { roles: ['owner'] }, { roles: ['owner'], rv: 0 }, { roles: 'owner', rv: 1.5 }]) {
    it(`has no roles from claims of other code: ${JSON.stringify(claims)}`, () => {
      const { grants, rolesVersion } = importedEntry(accountOf('ada', { claims }), 100);
      assert.deepEqual([grants, rolesVersion], [[], 0]);
    });
  }
});

describe('isPermanentOwner', () => {
  const ends = [{ role: 'owner', grantedBy: 'x', grantedAt: 1, expiresAt: 2_000_000_000 } as const];
  it('is true for an enabled owner without an expiry', () => {
    assert.equal(isPermanentOwner(entryOf('o', { roles: ['owner'] })), true);
    assert.equal(isPermanentOwner(entryOf('o', { roles: ['owner'], disabled: true })), false);
    assert.equal(isPermanentOwner(entryOf('o', { grants: ends })), false);
    assert.equal(isPermanentOwner(entryOf('o', { roles: ['admin'] })), false);
    assert.equal(isPermanentOwner(undefined), false);
  });
});
