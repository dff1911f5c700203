import assert from 'node:assert/strict';
import { toDocument } from '../../../src/directory/entry-document.ts';
import { grantAsOperator, type NamedUser } from '../../../src/users/operator-grant.ts';
import { accountOf } from '../../helpers/memory-accounts.ts';
import { assertRefused } from '../../helpers/refusal.ts';
import { entryOf, openTestDirectory, type TestDirectory } from '../../helpers/test-directory.ts';

const PLAIN = 'plain@shop.test';
const BEA = 'bea@shop.test';
const PHONE = '+4930123456';
const google = { email: undefined, emailVerified: false, providers: ['google.com'] };

let access: TestDirectory;
const set = (uid: string, facts: Parameters<typeof accountOf>[1]) =>
  access.accounts.byUid.set(uid, accountOf(uid, facts));
const listed = async (query: object) => (await access.users.list({ pageSize: 50, ...query })).users;
const found = async (query: object) => (await listed(query)).map(({ uid }) => uid);

describe('finding users by a whole address or number', () => {
  beforeEach(async () => {
    access = await openTestDirectory([['old', { email: PLAIN }]]);
    await access.users.get('old');
  });
  afterEach(() => access.close());

  it('finds the new owner of an address and not the former one', async () => {
    set('old', { email: 'plain.new@shop.test' });
    set('new', { email: PLAIN });
    await access.users.get('new');
    assert.deepEqual(await found({ email: PLAIN }), ['new']);
    assert.deepEqual(await found({ email: 'Plain.New@shop.test' }), ['old']);
    assert.equal((await access.directory.find('old'))?.email, 'plain.new@shop.test');
  });

  it('shows the current profile in lists by prefix and of one user', async () => {
    const account = {
      email: 'zoe@shop.test',
      displayName: 'Zoe',
      photoUrl: 'https://a.test/z',
      phoneNumber: PHONE,
    };
    set('old', { ...account, emailVerified: false, providers: ['password', 'phone'] });
    assert.deepEqual(await found({ emailPrefix: 'plain' }), []);
    const [user] = await listed({});
    const { uid, email, emailVerified, emails, displayName, photoUrl, phoneNumber, providers } = user ?? {};
    const profile = { email, displayName, photoUrl, phoneNumber };
    assert.deepEqual([uid, profile, emailVerified, emails], ['old', account, false, ['zoe@shop.test']]);
    assert.deepEqual(providers, ['password', 'phone']);
    assert.deepEqual(await access.users.get('old'), user);
  });

  it('finds no user by the address of an account that lost it or was deleted', async () => {
    set('old', { email: undefined });
    assert.deepEqual(await found({ email: PLAIN }), []);
    access.accounts.byUid.delete('old');
    assert.deepEqual(await found({ email: PLAIN }), []);
    assert.deepEqual(
      (await listed({})).map(({ uid, email }) => [uid, email]),
      [['old', undefined]],
    );
  });

  it('finds every account with the address of a provider, and an account without an entry', async () => {
    set('bea', { ...google, providerEmails: [{ provider: 'google.com', email: 'Bea@shop.test' }] });
    set('bea2', { ...google, providerEmails: [{ provider: 'facebook.com', email: BEA }] });
    for (const uid of ['bea', 'bea2']) await access.users.get(uid);
    set('bea3', { email: BEA });
    assert.deepEqual(await found({ email: BEA }), ['bea', 'bea2', 'bea3']);
    assert.deepEqual(await found({ emailPrefix: 'bea' }), ['bea', 'bea2', 'bea3']);
    const states = (await listed({ email: BEA })).map(({ emailVerified }) => emailVerified);
    assert.deepEqual(states, [true, false, true]);
  });

  it('finds by phone number, and combines with other filters and pages', async () => {
    set('old', { email: PLAIN, phoneNumber: PHONE });
    assert.deepEqual(await found({ phone: PHONE }), ['old']);
    assert.deepEqual(await found({ phone: PHONE, email: BEA }), []);
    assert.deepEqual(await found({ email: PLAIN, role: 'owner' }), []);
    assert.deepEqual(await found({ email: PLAIN, disabled: true }), []);
    for (const uid of ['a', 'b']) {
      set(uid, { ...google, providerEmails: [{ provider: 'google.com', email: PLAIN }] });
      await access.users.get(uid);
    }
    const first = await access.users.list({ email: PLAIN, pageSize: 2 });
    const second = await access.users.list({
      email: PLAIN,
      pageSize: 2,
      ...{ pageToken: first.nextPageToken },
    });
    assert.deepEqual(
      [first, second].map(({ users }) => users.map(({ uid }) => uid)),
      [['a', 'b'], ['old']],
    );
    assert.equal(second.nextPageToken, undefined);
  });

  it('finds external users by the address of their issuer', async () => {
    const identity = { issuer: 'https://login.example.com', subject: 'ext' };
    const entry = entryOf('ext-1', { identity, email: PLAIN });
    await access.firestore.db.doc('directory/ext-1').set(toDocument(entry));
    assert.deepEqual(await found({ email: PLAIN }), ['ext-1', 'old']);
  });

  it('refuses an exact look-up, and lists the copies, while Firebase Auth does not answer', async () => {
    access.accounts.findAll = access.accounts.findByEmail = () => assert.fail('down');
    await assert.rejects(found({ email: PLAIN }));
    assert.deepEqual(await found({}), ['old']);
    assert.equal((await access.users.get('old')).email, PLAIN);
  });
});

describe('granting to a user by address, number or uid', () => {
  const grant = async (named: NamedUser, unverified = false) =>
    (await grantAsOperator(access, { named, role: 'owner', force: false, unverified })).uid;
  beforeEach(async () => {
    access = await openTestDirectory([
      [
        'phone',
        { email: undefined, emailVerified: false, providers: ['phone'], phoneNumber: PHONE, claims: {} },
      ],
      ['custom', { email: undefined, emailVerified: false, providers: [], claims: {} }],
      ['bea', { ...google, providerEmails: [{ provider: 'google.com', email: BEA }], claims: {} }],
      [
        'fay',
        { ...google, providerEmails: [{ provider: 'facebook.com', email: 'fay@shop.test' }], claims: {} },
      ],
    ]);
    for (const uid of ['bea', 'fay']) await access.users.get(uid);
  });
  afterEach(() => access.close());

  it('finds a phone-only user by number and a custom-token user by uid', async () => {
    assert.equal(await grant({ phone: PHONE }), 'phone');
    await access.close();
    access = await openTestDirectory([['custom', { email: undefined, providers: [], claims: {} }]]);
    assert.equal(await grant({ uid: 'custom' }), 'custom');
  });

  it('finds the verified address of a provider', async () =>
    assert.equal(await grant({ email: BEA }), 'bea'));

  it('refuses the unverified address of a provider without --force', async () => {
    await assertRefused(() => grant({ email: 'fay@shop.test' }), 'invalid_argument');
  });

  it('names the uids when several users have the address', async () => {
    set('bea2', { email: BEA });
    const error = await assertRefused(() => grant({ email: BEA }, true), 'invalid_argument');
    assert.match(error.message, /Several users .* bea@shop\.test\. Name one by --uid: bea, bea2$/);
    assert.equal(await grant({ uid: 'bea2' }), 'bea2');
  });

  it('refuses a number, an address and a uid that no account has', async () => {
    for (const named of [{ phone: '+491' }, { email: 'x@shop.test' }, { uid: 'x' }]) {
      await assertRefused(() => grant(named), 'not_found');
    }
  });
});
