import assert from 'node:assert/strict';
import { toDocument } from '../../../src/directory/entry-document.ts';
import type { UserQuery } from '../../../src/directory/list.ts';
import { assertRefused } from '../../helpers/refusal.ts';
import { entryOf, openTestDirectory, type TestDirectory } from '../../helpers/test-directory.ts';

const EMAILS = [
  'ann@a.example',
  'anna@a.example',
  'bob@b.example',
  'ann@b.example',
  'cid@a.example',
  'ANN@x.example',
];
const ROLES = [['member'], ['admin', 'member'], [], ['auditor'], ['member', 'auditor'], ['admin']] as const;

describe('the list of users', () => {
  let access: TestDirectory;
  beforeEach(async () => {
    access = await openTestDirectory();
    await enter(
      ...EMAILS.map((email, n) =>
        entryOf(`u${n}`, { email: email.toLowerCase(), roles: ROLES[n] ?? [], disabled: n % 3 === 0 }),
      ),
    );
  });
  afterEach(() => access.close());

  const enter = async (...entries: ReturnType<typeof entryOf>[]) => {
    const batch = access.firestore.db.batch();
    for (const entry of entries)
      batch.set(access.firestore.db.doc(`directory/${entry.uid}`), toDocument(entry));
    await batch.commit();
  };
  const uids = (users: readonly { uid: string }[]) => users.map(({ uid }) => uid);
  async function everyPage(query: Omit<UserQuery, 'pageSize'>, pageSize = 2) {
    const found: string[] = [];
    let pageToken: string | undefined;
    do {
      const page = await access.directoryList({ ...query, pageSize, ...(pageToken && { pageToken }) });
      assert.ok(page.users.length <= pageSize);
      found.push(...uids(page.users));
      pageToken = page.nextPageToken;
    } while (pageToken !== undefined);
    return found;
  }

  for (const role of [undefined, 'member', 'admin', 'owner'] as const) {
    for (const email of [undefined, 'ann', 'ANN@', 'z']) {
      for (const disabled of [undefined, true, false]) {
        it(`filters by role ${role}, e-mail ${email} and disabled ${disabled}, page by page`, async () => {
          const expected = EMAILS.map((address, n) => ({ address: address.toLowerCase(), n }))
            .filter(
              ({ n }) => role === undefined || (ROLES[n] as readonly string[] | undefined)?.includes(role),
            )
            .filter(({ address }) => email === undefined || address.startsWith(email.toLowerCase()))
            .filter(({ n }) => disabled === undefined || (n % 3 === 0) === disabled)
            .sort((a, b) => (email === undefined ? 0 : a.address < b.address ? -1 : 1))
            .map(({ n }) => `u${n}`);
          assert.deepEqual(await everyPage({ role, emailPrefix: email, disabled }), expected);
        });
      }
    }
  }

  it('neither repeats nor skips a user when others are created or deleted between pages', async () => {
    for (const email of [undefined, '']) {
      const query = { pageSize: 2, ...(email !== undefined && { emailPrefix: 'a' }) };
      const first = await access.directoryList(query);
      const [, last] = first.users;
      await enter(entryOf('a0', { email: 'aaa@a.example' }));
      await access.firestore.db.doc(`directory/${last?.uid}`).delete();
      const second = await access.directoryList({ ...query, pageToken: first.nextPageToken });
      const seen = uids([...first.users, ...second.users]);
      assert.equal(new Set(seen).size, seen.length);
      assert.ok(!seen.includes('a0'));
      await enter(last ?? assert.fail());
      await access.firestore.db.doc('directory/a0').delete();
    }
  });

  it('leaves out users with an expired grant of the role, and has a next page', async () => {
    const by = { grantedBy: 'x', grantedAt: 1 };
    await enter(
      entryOf('e1', { grants: [{ role: 'support', expiresAt: access.now(), ...by }] }),
      entryOf('e2', { grants: [{ role: 'support', expiresAt: access.now() + 1, ...by }] }),
    );
    const first = await access.directoryList({ role: 'support', pageSize: 1 });
    assert.deepEqual(first.users, []);
    const second = await access.directoryList({
      role: 'support',
      pageSize: 1,
      pageToken: first.nextPageToken,
    });
    assert.deepEqual([uids(second.users), second.nextPageToken], [['e2'], undefined]);
  });

  it('skips an entry that cannot be read', async () => {
    await access.firestore.db.doc('directory/u2').update({ updated: null });
    assert.deepEqual(await everyPage({}, 1), ['u0', 'u1', 'u3', 'u4', 'u5']);
    await assertRefused(() => access.users.get('u2'), 'internal', /u2 is damaged/);
  });

  const token = (at: unknown) => Buffer.from(JSON.stringify(at)).toString('base64url');
  const forged = [
    'x',
    token({}),
    token([]),
    token([1]),
    token(['']),
    token(['a/b']),
    token(['a', 'b']),
    token([null]),
  ];
  for (const pageToken of [...forged, token(['__x__']), token(['x'.repeat(1501)]), token(['.'])]) {
    it(`refuses the page token ${Buffer.from(pageToken, 'base64url').toString().slice(0, 20)}`, async () => {
      const error = await assertRefused(
        () => access.directoryList({ pageSize: 2, pageToken }),
        'invalid_argument',
      );
      assert.deepEqual(
        error.errors?.map(({ field }) => field),
        ['pageToken'],
      );
    });
  }

  it('refuses the page token of a list with another sort order', async () => {
    const { nextPageToken: pageToken } = await access.directoryList({ pageSize: 2 });
    await assertRefused(
      () => access.directoryList({ emailPrefix: 'a', pageSize: 2, pageToken }),
      'invalid_argument',
    );
  });
});
