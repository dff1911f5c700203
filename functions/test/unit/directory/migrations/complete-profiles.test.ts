import assert from 'node:assert/strict';
import { toDocument } from '../../../../src/directory/entry-document.ts';
import { findByContact } from '../../../../src/directory/index.ts';
import { migrate } from '../../../../src/directory/migrations/migrate.ts';
import { MIGRATIONS } from '../../../../src/directory/migrations/schema.ts';
import { accountOf } from '../../../helpers/memory-accounts.ts';
import { entryOf, openTestDirectory, type TestDirectory } from '../../../helpers/test-directory.ts';

let access: TestDirectory;

async function run(options = {}) {
  const deps = { ...access, open: access.firestore.open };
  const count = { read: 0, changed: 0 };
  for await (const { read, changed } of migrate(deps, options)) {
    count.read += read;
    count.changed += changed;
  }
  return count;
}

/** As the first versions stored entries: no `emails`, no `phoneNumber`. */
async function storeOld(uid: string, facts: Parameters<typeof entryOf>[1] = {}) {
  const { emails: _, phoneNumber: __, ...document } = toDocument(entryOf(uid, facts));
  await access.firestore.db.doc(`directory/${uid}`).set(document);
}
const stored = async (uid: string) => (await access.firestore.db.doc(`directory/${uid}`).get()).data();
const find = async (email: string) =>
  (await findByContact({ ...access, directory: { ...access.directory } }, { email })).map(({ uid }) => uid);

describe('migration 1: e-mail addresses of all providers', () => {
  afterEach(() => access.close());

  async function open() {
    const providerEmails = [{ provider: 'google.com', email: 'Ann@Gmail.example' }];
    access = await openTestDirectory([['ann', { providerEmails, phoneNumber: '+4930123456' }], ['bob']]);
    await storeOld('ann', { roles: ['support'] });
    await storeOld('ext-1', {
      email: 'eve@example.com',
      identity: { issuer: 'https://a.test', subject: 'eve' },
    });
    await storeOld('gone', { email: undefined });
    await access.users.get('bob');
  }

  it('makes users findable by an address of a sign-in provider', async () => {
    await open();
    assert.deepEqual(await find('ann@gmail.example'), []);
    assert.deepEqual(await run(), { read: 4, changed: 3 });
    assert.deepEqual(await find('ann@gmail.example'), ['ann']);
    assert.deepEqual(await find('eve@example.com'), ['ext-1']);
    const { roles, rolesVersion, phoneNumber } = (await stored('ann')) ?? {};
    assert.deepEqual([roles, rolesVersion, phoneNumber], [['support'], 1, '+4930123456']);
    assert.deepEqual((await stored('gone'))?.emails, []);
    assert.equal((await access.firestore.db.doc('system/schema').get()).get('version'), MIGRATIONS.length);
  });

  it('changes nothing the second time, and counts in a dry run', async () => {
    await open();
    assert.deepEqual(await run({ dryRun: true }), { read: 4, changed: 3 });
    assert.equal((await stored('ann'))?.emails, undefined);
    await run();
    const before = await stored('ann');
    assert.deepEqual(await run({ restart: true }), { read: 4, changed: 0 });
    assert.deepEqual(await stored('ann'), before);
  });

  it('keeps grants of roles that this configuration does not have, and damaged entries', async () => {
    await open();
    const grants = [{ role: 'courier', grantedBy: 'x', grantedAt: new Date(1000) }];
    await access.firestore.db.doc('directory/ann').update({ grants, extra: 1 });
    await access.firestore.db.doc('directory/bad').set({ grants: 'none' });
    assert.deepEqual(await run(), { read: 5, changed: 4 });
    const { grants: kept, extra } = (await stored('ann')) ?? {};
    assert.deepEqual([kept[0].role, extra], ['courier', 1]);
    assert.deepEqual(await stored('bad'), { grants: 'none', emails: [] });
  });

  it('does not overwrite an entry that an instance changes meanwhile', async () => {
    await open();
    const findAll = access.accounts.findAll;
    access.accounts.findAll = async (uids) => {
      access.accounts.findAll = findAll;
      const found = await findAll(uids);
      access.accounts.byUid.set('ann', accountOf('ann', { email: 'new@example.com' }));
      await access.users.get('ann'); // copies the new profile
      await access.firestore.db.doc('directory/gone').delete();
      return found;
    };
    await run();
    assert.deepEqual((await stored('ann'))?.emails, ['new@example.com']);
    assert.equal(await stored('gone'), undefined);
  });

  it('goes through more entries than one step reads', async () => {
    access = await openTestDirectory();
    for (let n = 0; n < 250; n++) await storeOld(`u${n}`);
    assert.deepEqual(await run(), { read: 250, changed: 250 });
  });
});

describe('the schema of the stored data', () => {
  afterEach(() => access.close());

  const seen = async () => {
    await access.directory.reconcileOnSchedule();
    return access.lines.at(-1)?.schema;
  };

  it('is compared by the scheduled reconciliation, and by no request', async () => {
    access = await openTestDirectory([['ann']]);
    await access.users.get('ann');
    assert.equal((await access.firestore.db.doc('system/schema').get()).exists, false);
    assert.equal(await seen(), 'behind');
    await run();
    assert.equal(await seen(), 'current');
    await access.firestore.db.doc('system/schema').set({ version: MIGRATIONS.length + 1 });
    assert.equal(await seen(), 'ahead');
  });

  it('is that of the code in a database without users', async () => {
    access = await openTestDirectory([['ann']]);
    assert.equal(await seen(), 'current');
    await access.users.get('ann');
    assert.equal(await seen(), 'current');
    assert.deepEqual(await run(), { read: 0, changed: 0 });
  });
});
