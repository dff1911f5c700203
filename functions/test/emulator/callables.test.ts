import assert from 'node:assert/strict';
import { httpsCallable } from 'firebase/functions';
import {
  assertRefusedAtOnce,
  type Client,
  makeSignedIn,
  makeUser,
  openClient,
  until,
} from '../helpers/emulator.ts';

interface Refusal {
  readonly code: string;
  readonly details: {
    readonly code: string;
    readonly requestId: string;
    readonly errors?: readonly { readonly field: string }[];
  };
}

describe('callables, through the client SDK', function () {
  this.timeout(30_000);

  // biome-ignore lint/suspicious/noExplicitAny: untyped JSON; the assertions say what it should be
  async function call(client: Client, name: string, input?: unknown): Promise<any> {
    return (await httpsCallable(client.functions, name)(input)).data;
  }

  async function refusal(client: Client, name: string, input?: unknown): Promise<Refusal> {
    try {
      await call(client, name, input);
    } catch (error) {
      const { code, details } = error as Refusal;
      assert.match(details.requestId, /^[0-9a-f-]{36}$/);
      return { code, details };
    }
    throw new Error(`${name} was not refused`);
  }

  async function refusedWith(client: Client, name: string, input?: unknown): Promise<string> {
    const { code, details } = await refusal(client, name, input);
    return `${code} ${details.code}`;
  }

  it('getMyAccess tells who I am', async () => {
    const ada = await makeSignedIn(['support']);
    const access = await call(ada, 'getMyAccess');
    assert.deepEqual([access.uid, access.email, access.roles], [ada.uid, ada.email, ['support']]);
    assert.ok(access.permissions.includes('users:read'));
  });

  for (const name of ['getMyAccess', 'listUsers', 'setUserRoles', 'revokeSessions']) {
    it(`${name} asks who is there`, async () => {
      const code = await refusedWith(openClient(), name, {});
      assert.equal(code, 'functions/unauthenticated unauthenticated');
    });
  }

  it('listUsers finds a user, by role and e-mail, and pages', async () => {
    const support = await makeSignedIn(['support']);
    const { uid, email } = await makeUser(['auditor']);
    const { users } = await call(support, 'listUsers', { email, role: 'auditor' });
    assert.deepEqual([users.length, users[0].uid, users[0].roles], [1, uid, ['auditor']]);
    const page = await call(support, 'listUsers', { pageSize: 1 });
    const next = await call(support, 'listUsers', { pageSize: 1, pageToken: page.nextPageToken });
    assert.notEqual(next.users[0].uid, page.users[0].uid);
  });

  it('listUsers is not for members, and names each wrong field', async () => {
    const member = await makeSignedIn(['member']);
    assert.equal(await refusedWith(member, 'listUsers'), 'functions/permission-denied permission_denied');
    const support = await makeSignedIn(['support']);
    const { code, details } = await refusal(support, 'listUsers', { role: 'king', extra: 1 });
    assert.deepEqual([code, details.code], ['functions/invalid-argument', 'invalid_argument']);
    assert.deepEqual(details.errors?.map(({ field }) => field).sort(), ['data.extra', 'data.role']);
  });

  it('setUserRoles sets roles, and the user finds them in a new token', async () => {
    const owner = await makeSignedIn(['owner']);
    const ada = await makeSignedIn(['member']);
    const change = { uid: ada.uid, roles: ['member', 'auditor'], rolesVersion: 1, reason: 'year end' };
    const user = await call(owner, 'setUserRoles', change);
    assert.deepEqual([user.roles, user.rolesVersion, user.claims], [['member', 'auditor'], 2, undefined]);
    await ada.token(true);
    assert.deepEqual((await call(ada, 'getMyAccess')).roles, ['member', 'auditor']);
  });

  it('setUserRoles says why not', async () => {
    const [owner, admin] = [await makeSignedIn(['owner']), await makeSignedIn(['admin'])];
    const { uid } = await makeUser(['member'], { claims: { plan: 'é'.repeat(470) } });
    const change = { uid, roles: ['support'], rolesVersion: 1 };
    const refused = (by: Client, input: object) => refusedWith(by, 'setUserRoles', { ...change, ...input });
    const denied = 'functions/permission-denied';
    assert.equal(await refused(await makeSignedIn(['support']), {}), `${denied} permission_denied`);
    assert.equal(await refused(admin, { roles: ['owner'] }), `${denied} exceeds_own_permissions`);
    assert.equal(await refused(owner, { uid: owner.uid }), `${denied} own_account`);
    assert.equal(await refused(owner, { uid: 'nobody' }), 'functions/not-found not_found');
    assert.equal(await refused(owner, { rolesVersion: 0 }), 'functions/aborted version_mismatch');
    assert.equal(await refused(owner, { roles: ['king'] }), 'functions/invalid-argument invalid_argument');
    assert.equal(await refused(owner, { disabled: true }), 'functions/invalid-argument invalid_argument');
    const all = ['member', 'support', 'auditor', 'admin'];
    assert.equal(await refused(owner, { roles: all }), 'functions/failed-precondition claims_too_large');
  });

  it('setUserRoles refuses an owner who was demoted a moment ago, from their old token', async () => {
    const [boss, old] = [await makeSignedIn(['owner']), await makeSignedIn(['owner'])];
    const { uid } = await makeUser(['member']);
    await call(old, 'getMyAccess');
    await call(boss, 'setUserRoles', { uid: old.uid, roles: [], rolesVersion: 1 });
    const refused = await refusedWith(old, 'setUserRoles', { uid, roles: ['admin'], rolesVersion: 1 });
    assert.match(refused, /^functions\/unauthenticated /);
  });

  it('revokeSessions ends the sessions of a user, for the API and the callables', async () => {
    const support = await makeSignedIn(['support']);
    const ada = await makeSignedIn(['member']);
    await call(ada, 'getMyAccess');
    const user = await call(support, 'revokeSessions', { uid: ada.uid });
    assert.equal(user.uid, ada.uid);
    assert.equal((await assertRefusedAtOnce('GET /me', ada.idToken)).status, 401);
    const refused = await until(
      'the callable to refuse the old token',
      async () => refusedWith(ada, 'getMyAccess').catch(() => undefined),
      12_000,
    );
    assert.equal(refused, 'functions/unauthenticated token_stale');
  });

  it('revokeSessions is not for members, nor for users who do not exist', async () => {
    const member = await makeSignedIn(['member']);
    const refused = await refusedWith(member, 'revokeSessions', { uid: member.uid });
    assert.equal(refused, 'functions/permission-denied permission_denied');
    const support = await makeSignedIn(['support']);
    assert.equal(
      await refusedWith(support, 'revokeSessions', { uid: 'nobody' }),
      'functions/not-found not_found',
    );
  });
});
