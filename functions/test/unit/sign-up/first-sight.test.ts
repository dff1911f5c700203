import assert from 'node:assert/strict';
import supertest from 'supertest';
import { type Api, breakFirebaseAuth, openApi, serveAccounts } from '../../helpers/api.ts';
import { type GoogleUser, mintIdToken } from '../../helpers/google.ts';
import { authenticateToken, openInstanceOn } from '../../helpers/instance.ts';
import { describeWithNotes } from '../../helpers/notes.ts';
import type { ProductFields } from '../../helpers/product.ts';
import { createMovableClock, type MovableClock } from '../../helpers/test-directory.ts';

const password = [{ providerId: 'password', rawId: 'new@acme.com', email: 'new@acme.com' }];
const NEW = { email: 'new@acme.com', emailVerified: true, providerUserInfo: password };

let api: Api;
let clock: MovableClock;

async function open(product: ProductFields = {}) {
  clock = createMovableClock();
  api = await openApi({ product, clock });
}

/** Firebase Auth's account of the user `new`. */
const account = (facts: object = {}) =>
  api.google.users.set('new', { localId: 'new', ...NEW, ...facts } as GoogleUser);

let minted = 0;
/** A token that no instance has seen. */
const tokenOf = ({ email, emailVerified: email_verified }: Partial<typeof NEW> = NEW, claims: object = {}) =>
  mintIdToken({ sub: 'new', user_id: 'new', email, email_verified, minted: minted++, ...claims });

const note = (token: string) =>
  supertest(`http://127.0.0.1:${api.port}`)
    .post('/v1/notes')
    .set('X-Forwarded-Proto', 'https')
    .auth(token, { type: 'bearer' })
    .send({ title: 't', body: '' });

const entry = async () => (await api.deps.directory.find('new')) ?? assert.fail('no entry');
const actions = async () =>
  (await api.firestore.db.collection('auditEvents').get()).docs.map((event) => event.get('action'));
const claims = () => JSON.parse(api.google.users.get('new')?.customAttributes ?? '{}');

describeWithNotes('the first request of a new user', () => {
  afterEach(() => api.close());

  it('is allowed before any event came, with the default role given once', async () => {
    await open();
    account();
    const token = await tokenOf();
    assert.equal((await note(token)).status, 201);
    assert.deepEqual([claims(), await actions()], [{ roles: ['member'], rv: 1 }, ['roles.default']]);
    const requests = api.google.requests.length;
    assert.equal((await note(token)).status, 201);
    assert.equal(api.google.requests.length, requests, 'no call for a token seen before');
    const fresh = await tokenOf(NEW, claims());
    assert.equal((await note(fresh)).status, 201);
    assert.deepEqual(await actions(), ['roles.default']);
  });

  it('is allowed on every instance, and once given for all of them', async () => {
    await open();
    account();
    const token = await tokenOf();
    const instances = [1, 2, 3].map(() => openInstanceOn(api.google, api.firestore));
    const principals = await Promise.all(instances.map((instance) => authenticateToken(instance, token)));
    assert.deepEqual(
      principals.map(({ roles }) => roles),
      [['member'], ['member'], ['member']],
    );
    assert.deepEqual([await actions(), (await entry()).rolesVersion], [['roles.default'], 1]);
  });

  it('is allowed when the event came between the token and the request', async () => {
    await open();
    account();
    const token = await tokenOf();
    await authenticateToken(openInstanceOn(api.google, api.firestore), await tokenOf());
    assert.equal((await note(token)).status, 201);
  });

  it('is refused without a role for guests, and allowed after they link a password', async () => {
    await open();
    account({ email: undefined, emailVerified: false, providerUserInfo: [] });
    const guest = { email: undefined, emailVerified: undefined } as unknown as typeof NEW;
    const anonymous = { firebase: { identities: {}, sign_in_provider: 'anonymous' } };
    assert.equal((await note(await tokenOf(guest, anonymous))).status, 403);
    account();
    assert.equal((await note(await tokenOf())).status, 201);
    assert.equal((await entry()).email, NEW.email);
  });

  it('is allowed only after the address is verified, where a list of domains asks for it', async () => {
    await open({ signUp: { emailDomains: ['acme.com'] } });
    account({ emailVerified: false });
    const unverified = { ...NEW, emailVerified: false };
    assert.equal((await note(await tokenOf(unverified))).status, 403);
    assert.equal((await note(await tokenOf(unverified))).status, 403);
    account({ emailVerified: true });
    assert.equal((await note(await tokenOf())).status, 201);
  });

  it('gives no role to another domain, without a default role, and to a deleted or disabled user', async () => {
    await open({ signUp: { emailDomains: ['shop.test'] } });
    account();
    assert.equal((await note(await tokenOf())).status, 403);
    await api.close();
    await open({ defaultRole: 'none' });
    account();
    assert.equal((await note(await tokenOf())).status, 403);
    assert.equal((await entry()).email, NEW.email);
    await api.close();
    await open();
    account({ disabled: true });
    assert.equal((await note(await tokenOf())).status, 403);
    assert.deepEqual((await entry()).grants, []);
    api.google.users.delete('new');
    await api.deps.directory.change({ uid: 'new' }, () => ({ entry: null }));
    assert.equal((await note(await tokenOf())).status, 403);
    assert.equal(await api.deps.directory.find('new'), undefined);
  });

  it('does not give the role again after an administrator took it away', async () => {
    await open();
    account();
    assert.equal((await note(await tokenOf())).status, 201);
    const system = { kind: 'system', requestId: 'r' } as const;
    await api.deps.changeAccess(system, { uid: 'new', action: 'roles.set' }, () => ({ grants: [] }));
    assert.equal((await note(await tokenOf())).status, 403);
    assert.equal((await note(await tokenOf(NEW, claims()))).status, 403);
    assert.deepEqual((await entry()).grants, []);
  });

  it('loses the role that the token does not show with the next read of the access changes', async () => {
    await open();
    account();
    const token = await tokenOf();
    assert.equal((await note(token)).status, 201);
    const other = openInstanceOn(api.google, api.firestore);
    const system = { kind: 'system', requestId: 'r' } as const;
    await other.changeAccess(system, { uid: 'new', action: 'roles.set' }, () => ({ grants: [] }));
    clock.move(11_000);
    assert.deepEqual((await note(token)).body.code, 'token_stale');
  });

  it('is decided on the entry where the permission is privileged', async () => {
    await open();
    account();
    const token = await tokenOf();
    const { roles } = await authenticateToken(api.deps, token, { fresh: true });
    assert.deepEqual(roles, ['member']);
  });
});

describeWithNotes('the directory at the first sight of a token', () => {
  beforeEach(async () => {
    await open();
    account();
    assert.equal((await note(await tokenOf())).status, 201);
  });
  afterEach(() => api.close());

  const see = async (claims: object) => assert.equal((await note(await tokenOf(NEW, claims))).status, 201);

  it('follows the address, its state, the name, photo, phone number and providers', async () => {
    const linked = [...password, { providerId: 'google.com', rawId: 'g1', email: 'g@acme.com' }];
    const changes: [shown: object, stored: object, expected: object][] = [
      [{ email: 'b@acme.com' }, { email: 'B@acme.com' }, { email: 'b@acme.com' }],
      [{ email_verified: false }, { emailVerified: false }, { emailVerified: false }],
      [{ name: 'Ann' }, { displayName: 'Ann' }, { displayName: 'Ann' }],
      [{ picture: 'https://a.test/1' }, { photoUrl: 'https://a.test/1' }, { photoUrl: 'https://a.test/1' }],
      [{ phone_number: '+4930' }, { phoneNumber: '+4930' }, { phoneNumber: '+4930' }],
      [
        { firebase: { identities: { 'google.com': ['g1'] }, sign_in_provider: 'password' } },
        { providerUserInfo: linked },
        { providers: ['password', 'google.com'], emails: ['new@acme.com', 'g@acme.com'] },
      ],
      [{ email: undefined, email_verified: undefined }, { email: undefined }, { email: 'new@acme.com' }],
    ];
    for (const [shown, stored, expected] of changes) {
      account({ customAttributes: api.google.users.get('new')?.customAttributes, ...stored });
      await see(shown);
      const now = Object.entries(await entry());
      assert.deepEqual(Object.fromEntries(now.filter(([field]) => field in expected)), expected);
    }
  });

  it('asks Firebase Auth, and does not believe a token that is older than the account', async () => {
    account({ email: 'newer@acme.com' });
    await see({});
    assert.equal((await entry()).email, 'new@acme.com');
    await see({ email: 'other@acme.com' });
    assert.equal((await entry()).email, 'newer@acme.com');
  });

  it('costs one read where the token shows what the directory has', async () => {
    const before = api.google.count('accounts:lookup');
    await see({});
    assert.equal(api.google.count('accounts:lookup'), before);
  });

  it('costs one read where the directory shows the hidden characters of a name and an address', async () => {
    const odd = { email: 'a\u00adda@acme.com', displayName: 'Ada\u200b' };
    account({ customAttributes: api.google.users.get('new')?.customAttributes, ...odd });
    await see({ email: odd.email, name: odd.displayName });
    const { email, displayName } = await entry();
    assert.deepEqual([email, displayName], ['a[U+00AD]da@acme.com', 'Ada[U+200B]']);
    const before = api.google.count('accounts:lookup');
    await see({ email: odd.email, name: odd.displayName });
    assert.equal(api.google.count('accounts:lookup'), before);
  });

  it('has no entry for an id that no document can have, and logs nothing for it', async () => {
    api.google.users.set('a/b', { localId: 'a/b', ...NEW });
    assert.equal((await note(await tokenOf(NEW, { sub: 'a/b', user_id: 'a/b' }))).status, 401);
    assert.equal(api.lines.filter(({ kind }) => kind === 'failure').length, 0);
  });

  it('does not fail a request while Firebase Auth is down, and catches up after a moment', async () => {
    account({ displayName: 'Ann', customAttributes: api.google.users.get('new')?.customAttributes });
    const token = await tokenOf(NEW, { name: 'Ann', ...claims() });
    breakFirebaseAuth(api.google);
    assert.equal((await note(token)).status, 201);
    assert.equal((await note(await tokenOf(NEW, { name: 'Ann', ...claims() }))).status, 201);
    assert.equal(api.lines.filter(({ kind }) => kind === 'failure').length, 1, 'the second did not ask');
    serveAccounts(api.google);
    assert.equal((await entry()).displayName, undefined);
    clock.move(11_000);
    assert.equal((await note(token)).status, 201);
    assert.equal((await entry()).displayName, 'Ann');
  });

  async function disable(facts: object = {}): Promise<void> {
    await api.deps.directory.change({ uid: 'new' }, ({ entry }) => ({
      entry: { ...(entry ?? assert.fail()), disabled: true, ...facts },
    }));
  }

  /** On a new instance, when the access changes do not have the change any more. */
  async function principalOf(claims: object = {}) {
    for (const { ref } of (await api.firestore.db.collection('accessChanges').get()).docs) await ref.delete();
    return authenticateToken(openInstanceOn(api.google, api.firestore), await tokenOf(NEW, claims));
  }

  it('gives no role of the directory to a user who is disabled there', async () => {
    await disable();
    assert.deepEqual((await principalOf()).roles, []);
  });

  it('reads no account of a user who is disabled or being deleted, so no entry comes back', async () => {
    const before = api.google.count('accounts:lookup');
    for (const pending of [[], ['deletion']]) {
      await disable({ pending });
      assert.deepEqual((await principalOf({ name: 'Another name' })).roles, []);
    }
    assert.equal(api.google.count('accounts:lookup'), before);
  });
});
