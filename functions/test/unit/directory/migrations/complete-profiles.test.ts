import assert from 'node:assert/strict';
import { toDocument } from '../../../../src/directory/entry-document.ts';
import { findByContact } from '../../../../src/directory/index.ts';
import { migrate } from '../../../../src/directory/migrations/migrate.ts';
import { MIGRATIONS } from '../../../../src/directory/migrations/schema.ts';
import { entryOf, openTestDirectory, type TestDirectory } from '../../../helpers/test-directory.ts';

let access: TestDirectory;

async function run(options = {}) {
  const deps = { ...access, open: access.firestore.open, directory: access.directory };
  const count = { read: 0, changed: 0, failed: [] as string[] };
  for await (const { read, changed, failed } of migrate(deps, options)) {
    count.read += read;
    count.changed += changed;
    count.failed.push(...failed);
  }
  return count;
}

/** As the first versions stored entries: no `emails`, no `phoneNumber`. */
async function storeOld(uid: string, facts: Parameters<typeof entryOf>[1] = {}) {
  const { emails: _, phoneNumber: __, ...document } = toDocument(entryOf(uid, facts));
  await access.firestore.db.doc(`directory/${uid}`).set({ ...document, linkedTo: 'x' });
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
    assert.deepEqual(await run(), { read: 4, changed: 3, failed: [] });
    assert.deepEqual(await find('ann@gmail.example'), ['ann']);
    assert.deepEqual(await find('eve@example.com'), ['ext-1']);
    const { roles, rolesVersion, phoneNumber, linkedTo } = (await stored('ann')) ?? {};
    assert.deepEqual(
      [roles, rolesVersion, phoneNumber, linkedTo],
      [['support'], 1, '+4930123456', undefined],
    );
    assert.deepEqual((await stored('gone'))?.emails, []);
    assert.equal((await access.firestore.db.doc('system/schema').get()).get('version'), MIGRATIONS.length);
  });

  it('changes nothing the second time, and counts in a dry run', async () => {
    await open();
    assert.deepEqual(await run({ dryRun: true }), { read: 4, changed: 3, failed: [] });
    assert.equal((await stored('ann'))?.emails, undefined);
    await run();
    const before = await stored('ann');
    assert.deepEqual(await run({ restart: true }), { read: 4, changed: 0, failed: [] });
    assert.deepEqual(await stored('ann'), before);
  });

  it('names damaged entries, and migrates the others', async () => {
    await open();
    await access.firestore.db.doc('directory/bad').set({ grants: 'none' });
    assert.deepEqual(await run(), { read: 5, changed: 3, failed: ['bad'] });
    assert.deepEqual(await stored('bad'), { grants: 'none' });
  });

  it('goes through more entries than one step reads', async () => {
    access = await openTestDirectory();
    for (let n = 0; n < 250; n++) await storeOld(`u${n}`);
    assert.deepEqual(await run(), { read: 250, changed: 250, failed: [] });
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
    assert.deepEqual(await run(), { read: 0, changed: 0, failed: [] });
  });
});
