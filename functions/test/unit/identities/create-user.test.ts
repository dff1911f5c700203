import assert from 'node:assert/strict';
import { createBlockingFunctions } from '../../../src/sign-up/blocking-functions.ts';
import { createUserEvents } from '../../../src/sign-up/user-events.ts';
import { actor } from '../../helpers/actor.ts';
import { type Api, accounts, INVITATION, ORIGIN, openApi } from '../../helpers/api.ts';
import { LOGIN } from '../../helpers/identities.ts';
import { assertRefused } from '../../helpers/refusal.ts';
import { assertProblem, fieldsOf } from '../../helpers/responses.ts';

const ADA = { email: 'Ada@Example.com', displayName: 'Ada' };
const CONTINUE = `${ORIGIN}/welcome`;

let api: Api;
const open = async (options: Parameters<typeof openApi>[0] = {}) => {
  api = await openApi(options);
};
const create = (body: object) => api.as('admin').post('/v1/users').send(body);
const claimsOf = (uid: string) => JSON.parse(api.google.users.get(uid)?.customAttributes ?? 'null');
const stored = async (collection: string) =>
  (await api.firestore.db.collection(collection).get()).docs.map((document) => document.data());
const recorded = async () => (await stored('auditEvents')).filter(({ action }) => action === 'user.create');

describe('creating a Firebase user', () => {
  afterEach(() => api.close());

  it('answers 201 with an account that has the default role and no password', async () => {
    await open();
    const { status, body, headers } = await create(ADA);
    assert.equal(status, 201, JSON.stringify(body));
    const { uid, email, emailVerified, displayName, roles, synced, created, invitationLink } = body;
    assert.deepEqual(
      { email, emailVerified, displayName, roles, synced, created, invitationLink },
      {
        ...{ email: 'ada@example.com', emailVerified: false, displayName: 'Ada', roles: ['member'] },
        ...{ synced: true, created: true, invitationLink: undefined },
      },
    );
    assert.equal(headers.location, `users/${uid}`);
    const { customAttributes: _, ...account } = api.google.users.get(uid) ?? assert.fail('no account');
    assert.deepEqual(account, {
      localId: uid,
      email: 'ada@example.com',
      displayName: 'Ada',
      emailVerified: false,
    });
    assert.deepEqual(claimsOf(uid), { roles: ['member'], rv: 1 });
    const { body: read } = await api.as('admin').get(`/v1/${headers.location}`);
    assert.deepEqual({ ...read, created: true }, { ...body, updatedAt: read.updatedAt });
  });

  it('gives the requested grants instead, and records them with the reason', async () => {
    await open();
    const grants = [{ role: 'support', expiresAt: '2100-01-01T00:00:00Z', reason: 'on call' }];
    const { body } = await create({ ...ADA, grants, auditReason: 'ticket 7' });
    assert.deepEqual([body.roles, body.grants[0].grantedBy], [['support'], 'admin']);
    assert.deepEqual(claimsOf(body.uid), { roles: ['support'], rv: 1, rx: { support: 4_102_444_800 } });
    const [event] = await recorded();
    assert.deepEqual([event?.actor, event?.target, event?.reason], ['admin', body.uid, 'ticket 7']);
    assert.equal(event?.after.grants[0].role, 'support');
    assert.deepEqual((await create({ email: 'bo@example.com', grants: [] })).body.roles, []);
  });

  it('answers an invitation with the link, which no document and no log line has', async () => {
    await open({ env: { INVITATION_URL: CONTINUE } });
    const { body } = await create({ ...ADA, invite: true });
    assert.equal(body.invitationLink, `${INVITATION}&continueUrl=${encodeURIComponent(CONTINUE)}`);
    const kept = [
      api.lines,
      await stored('auditEvents'),
      await stored('directory'),
      await stored('accessChanges'),
    ];
    assert.match(JSON.stringify(kept), /user\.create/);
    assert.doesNotMatch(JSON.stringify(kept), /OOB-CODE|oobCode|__\/auth/);
    const { text } = await api.as('admin').get(`/v1/users/${body.uid}`);
    assert.doesNotMatch(text, /OOB-CODE/);
  });

  it('takes no continue URL from the request', async () => {
    await open();
    const refused = await create({ ...ADA, invite: true, continueUrl: 'https://evil.example' });
    assert.deepEqual(fieldsOf(assertProblem(refused, 400, 'invalid_argument')), ['body.continueUrl']);
    assert.equal((await create({ ...ADA, invite: true })).body.invitationLink, `${INVITATION}&continueUrl=`);
  });

  it('stands when Firebase Auth creates no link', async () => {
    await open();
    api.google.answer(accounts('sendOobCode'), () => (res) => {
      res
        .writeHead(400, { 'Content-Type': 'application/json' })
        .end('{"error":{"message":"UNAUTHORIZED_DOMAIN"}}');
    });
    const { status, body } = await create({ ...ADA, invite: true });
    assert.deepEqual([status, body.invitationLink, body.roles], [201, undefined, ['member']]);
    const failure = api.lines.find(({ kind }) => kind === 'failure');
    assert.equal(
      Object(failure?.error).logDetail,
      'generatePasswordResetLink: auth/unauthorized-continue-uri',
    );
  });

  it('answers 409 for the address of another user, naming the field, and writes nothing', async () => {
    await open();
    for (const email of ['member@example.com', 'Member@Example.COM']) {
      const problem = assertProblem(await create({ email }), 409, 'already_exists');
      assert.deepEqual(fieldsOf(problem), ['body.email']);
    }
    assert.deepEqual(await recorded(), []);
  });

  const refused: [what: string, body: object, field: string][] = [
    ['nothing', {}, 'body'],
    ['an issuer without a subject', { issuer: LOGIN }, 'body'],
    ['a subject without an issuer', { subject: 'ada' }, 'body'],
    ['only a name', { displayName: 'Ada' }, 'body.displayName'],
    ['an address and an identity', { ...ADA, issuer: LOGIN, subject: 'ada' }, 'body.issuer'],
    ['an external user with grants', { issuer: LOGIN, subject: 'ada', grants: [] }, 'body.grants'],
    ['an invitation of an external user', { issuer: LOGIN, subject: 'ada', invite: true }, 'body.invite'],
    ['no address', { email: 'ada' }, 'body.email'],
    ['the role owner', { ...ADA, grants: [{ role: 'owner' }] }, 'body.grants'],
    ['a role twice', { ...ADA, grants: [{ role: 'member' }, { role: 'member' }] }, 'body.grants'],
    [
      'a grant in the past',
      { ...ADA, grants: [{ role: 'member', expiresAt: '2020-01-01T00:00:00Z' }] },
      'body.grants.0.expiresAt',
    ],
    ['a password', { ...ADA, password: 'secret' }, 'body.password'],
  ];
  for (const [what, body, field] of refused) {
    it(`refuses ${what}, naming ${field}`, async () => {
      await open();
      const fields = fieldsOf(assertProblem(await create(body), 400, 'invalid_argument'));
      assert.ok(fields.includes(field), fields.join());
      assert.deepEqual(await recorded(), []);
    });
  }

  it('refuses grants beyond the permissions of the actor, and records that', async () => {
    await open();
    await api.as('support').get('/v1/me');
    await api.deps.users.get('support');
    const support = actor('support', ['support']);
    const rule = { permission: 'users:read' } as const;
    const user = { email: ADA.email, grants: [{ role: 'member' } as const] };
    await assertRefused(
      () => api.deps.identities.createFirebaseUser(support, user, rule),
      'permission_denied',
    );
    const [event] = await recorded();
    assert.deepEqual(
      [event?.actor, event?.outcome, event?.reason],
      ['support', 'refused', 'permission_denied'],
    );
    assert.equal(
      [...api.google.users.values()].some(({ email }) => email === ADA.email),
      false,
    );
  });

  it('is an explicit decision: the sign-up policy neither disables the user nor takes the roles', async () => {
    await open({ product: { signUp: { emailDomains: ['acme.com'] } } });
    for (const [grants, roles] of [
      [undefined, ['member']],
      [[{ role: 'auditor' }], ['auditor']],
      [[], []],
    ] as const) {
      const { body } = await create({ email: `${roles.length}${roles[0]}@elsewhere.org`, grants });
      const account = api.google.users.get(body.uid) ?? assert.fail();
      const providerUserInfo = [{ providerId: 'password', rawId: 'x' }];
      api.google.users.set(body.uid, { ...account, providerUserInfo, emailVerified: true } as typeof account);
      const { onUserCreated } = createUserEvents({}, () => api.deps);
      type Event = Parameters<typeof onUserCreated.run>[0];
      await onUserCreated.run({ id: 'event-1', data: { uid: body.uid } } as Event);
      const { beforeUserSignedIn } = createBlockingFunctions({}, () => api.deps);
      const run: unknown = Reflect.get(beforeUserSignedIn, 'run');
      const customClaims = claimsOf(body.uid);
      assert.ok(typeof run === 'function');
      const data = { ...body, emailVerified: true, customClaims };
      assert.deepEqual(await run({ data, eventId: 'event-2' }), {});
      const user = await api.deps.users.get(body.uid);
      assert.deepEqual([user.disabled, user.roles, user.emailVerified], [false, roles, true]);
    }
  });
});
