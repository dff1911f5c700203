import assert from 'node:assert/strict';
import { httpsCallable } from 'firebase/functions';
import { type Client, makeSignedIn, makeUser, openClient, untilRefused } from '../helpers/emulator.ts';

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

  it('getMyAccess returns the caller’s roles and permissions', async () => {
    const ada = await makeSignedIn(['support']);
    const access = await call(ada, 'getMyAccess');
    assert.deepEqual([access.uid, access.email, access.roles], [ada.uid, ada.email, ['support']]);
    assert.ok(access.permissions.includes('users:read'));
  });

  for (const name of ['getMyAccess', 'listUsers', 'setUserRoles', 'revokeSessions']) {
    it(`${name} requires a signed-in user`, async () => {
      const code = await refusedWith(openClient(), name, {});
      assert.equal(code, 'functions/unauthenticated unauthenticated');
    });
  }

  it('listUsers finds users by role and e-mail, and pages', async () => {
    const support = await makeSignedIn(['support']);
    const { uid, email } = await makeUser(['auditor']);
    const { users } = await call(support, 'listUsers', { email, role: 'auditor' });
    assert.deepEqual([users.length, users[0].uid, users[0].roles], [1, uid, ['auditor']]);
    const page = await call(support, 'listUsers', { pageSize: 1 });
    const next = await call(support, 'listUsers', { pageSize: 1, pageToken: page.nextPageToken });
    assert.notEqual(next.users[0].uid, page.users[0].uid);
  });

  it('listUsers refuses members, and names each invalid field', async () => {
    const member = await makeSignedIn(['member']);
    assert.equal(await refusedWith(member, 'listUsers'), 'functions/permission-denied permission_denied');
    const support = await makeSignedIn(['support']);
    const { code, details } = await refusal(support, 'listUsers', { role: 'king', extra: 1 });
    assert.deepEqual([code, details.code], ['functions/invalid-argument', 'invalid_argument']);
    assert.deepEqual(details.errors?.map(({ field }) => field).sort(), ['data.extra', 'data.role']);
  });

  it('setUserRoles sets grants, and the user’s next token has the roles', async () => {
    const [owner, ada] = await Promise.all([makeSignedIn(['owner']), makeSignedIn(['member'])]);
    const grants = [
      { role: 'member' },
      { role: 'auditor', expiresAt: '2999-12-31T23:59:59Z', reason: 'audit' },
    ];
    const change = { uid: ada.uid, grants, version: 1, auditReason: 'year end' };
    const user = await call(owner, 'setUserRoles', change);
    assert.deepEqual([user.roles, user.version, user.claims], [['member', 'auditor'], 2, undefined]);
    assert.equal(user.grants[1].expiresAt, '2999-12-31T23:59:59.000Z');
    await ada.token(true);
    assert.deepEqual((await call(ada, 'getMyAccess')).roles, ['member', 'auditor']);
  });

  it('setUserRoles says why it refuses a change', async () => {
    const [owner, admin, support] = await Promise.all([
      makeSignedIn(['owner']),
      makeSignedIn(['admin']),
      makeSignedIn(['support']),
    ]);
    const { uid } = await makeUser(['member'], { claims: { plan: 'é'.repeat(470) } });
    const grants = (...roles: string[]) => roles.map((role) => ({ role }));
    const change = { uid, grants: grants('support'), version: 1 };
    const refused = (by: Client, input: object) => refusedWith(by, 'setUserRoles', { ...change, ...input });
    const denied = 'functions/permission-denied';
    const invalid = 'functions/invalid-argument invalid_argument';
    assert.equal(await refused(support, {}), `${denied} permission_denied`);
    assert.equal(await refused(admin, { grants: grants('owner') }), `${denied} exceeds_own_permissions`);
    assert.equal(await refused(owner, { uid: owner.uid }), `${denied} own_account`);
    assert.equal(await refused(owner, { uid: 'unknown' }), 'functions/not-found not_found');
    assert.equal(await refused(owner, { version: 0 }), 'functions/aborted version_mismatch');
    assert.equal(
      await refused(owner, { version: undefined }),
      'functions/failed-precondition precondition_required',
    );
    assert.equal(await refused(owner, { grants: grants('king') }), invalid);
    assert.equal(await refused(owner, { disabled: true }), invalid);
    const all = grants('member', 'support', 'auditor', 'admin');
    assert.equal(await refused(owner, { grants: all }), 'functions/failed-precondition claims_too_large');
  });

  it('revokeSessions ends a user’s sessions, also for the HTTP API', async () => {
    const [support, ada] = await Promise.all([makeSignedIn(['support']), makeSignedIn(['member'])]);
    const user = await call(support, 'revokeSessions', { uid: ada.uid });
    assert.deepEqual([user.uid, user.synced], [ada.uid, true]);
    assert.equal((await untilRefused('GET /me', ada.idToken)).body.code, 'token_stale');
  });

  it('revokeSessions refuses members, and users that do not exist', async () => {
    const member = await makeSignedIn(['member']);
    const refused = await refusedWith(member, 'revokeSessions', { uid: member.uid });
    assert.equal(refused, 'functions/permission-denied permission_denied');
    const support = await makeSignedIn(['support']);
    assert.equal(
      await refusedWith(support, 'revokeSessions', { uid: 'unknown' }),
      'functions/not-found not_found',
    );
  });
});
