import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { openTestFirestore, type TestFirestore } from '../../../helpers/firestore.ts';
import { type Google, openGoogle, PROJECT } from '../../../helpers/google.ts';
import { type Instance, openInstanceOn } from '../../../helpers/instance.ts';
import { assertRefused } from '../../../helpers/refusal.ts';

const path = (method: string) => `/v1/projects/${PROJECT}/accounts:${method}`;
const json = (status: number, message: string) => () => (res: ServerResponse) =>
  void res
    .writeHead(status, { 'Content-Type': 'application/json' })
    .end(JSON.stringify({ error: { message } }));

describe('account store', () => {
  let google: Google;
  let firestore: TestFirestore;
  let accounts: Instance['accounts'];
  before(async () => {
    firestore = await openTestFirestore();
  });
  after(() => firestore.close());
  beforeEach(async () => {
    google = await openGoogle();
    accounts = openInstanceOn(google, firestore).accounts;
  });
  afterEach(() => google.close());

  it('finds an account, with all its claims', async () => {
    google.users.set('ada', {
      localId: 'ada',
      email: 'ada@example.com',
      emailVerified: true,
      validSince: '1800000000',
      customAttributes: '{"roles":["member","root"],"rv":2,"plan":"pro"}',
    });
    const account = await accounts.find('ada');
    const { validAfter, disabled, claims, providers } = account ?? {};
    assert.deepEqual(
      { validAfter, disabled, providers },
      { validAfter: 1_800_000_000, disabled: false, providers: [] },
    );
    assert.deepEqual(claims, { roles: ['member', 'root'], rv: 2, plan: 'pro' });
  });

  it('says whether the user has enrolled a second factor of Identity Platform', async () => {
    // https://cloud.google.com/identity-platform/docs/reference/rest/v1/UserInfo#mfaenrollment
    const enrolled = { mfaEnrollmentId: 'e1', displayName: 'Phone', enrolledAt: '2026-11-30T12:00:00Z' };
    for (const [factor, expected] of [
      [{ phoneInfo: '+15555550100' }, true],
      [{ totpInfo: {} }, true],
      [undefined, false],
    ] as const) {
      const mfaInfo = factor && { mfaInfo: [{ ...enrolled, ...factor }] };
      google.users.set('ada', { localId: 'ada', ...mfaInfo });
      assert.equal((await accounts.find('ada'))?.hasSecondFactor, expected);
    }
  });

  it('finds no account for an unknown uid or address', async () => {
    assert.equal(await accounts.find('unknown'), undefined);
    assert.equal(await accounts.findByEmail('unknown@example.com'), undefined);
  });

  it('sends all claims, and disables, revokes and deletes by uid', async () => {
    const bodies: Record<string, unknown>[] = [];
    for (const method of ['update', 'delete']) {
      google.answer(path(method), (_req, body) => {
        bodies.push(JSON.parse(body));
        return { localId: 'ada' };
      });
    }
    google.users.set('ada', { localId: 'ada' });
    await accounts.setClaims('ada', { plan: 'pro', roles: ['member'], rv: 2 });
    await accounts.setDisabled('ada', true);
    await accounts.revokeTokens('ada', 0);
    await accounts.remove('ada');
    const [claims, disabled, revoked, removed] = bodies;
    assert.deepEqual(claims, {
      localId: 'ada',
      customAttributes: '{"plan":"pro","roles":["member"],"rv":2}',
    });
    assert.deepEqual(disabled, { localId: 'ada', disableUser: true });
    assert.deepEqual(Object.keys(revoked ?? {}).sort(), ['localId', 'validSince']);
    assert.deepEqual(removed, { localId: 'ada' });
  });

  it('creates an account with only an id, and accepts an existing one', async () => {
    const bodies: unknown[] = [];
    google.answer(`/v1/projects/${PROJECT}/accounts`, (_req, body) => {
      bodies.push(JSON.parse(body));
      return { localId: 'ada' };
    });
    google.users.set('ada', { localId: 'ada' });
    await accounts.create('ada');
    assert.deepEqual(bodies, [{ localId: 'ada' }]);
    google.answer(`/v1/projects/${PROJECT}/accounts`, json(400, 'DUPLICATE_LOCAL_ID'));
    await accounts.create('ada');
  });

  it('revokes at the requested second or later, not by the clock of Firebase', async () => {
    google.users.set('ada', { localId: 'ada' });
    const sent: number[] = [];
    google.answer(path('update'), (_req, body) => {
      sent.push(JSON.parse(body).validSince);
      return { localId: 'ada' };
    });
    const second = Math.floor(Date.now() / 1000) + 1;
    await accounts.revokeTokens('ada', second);
    assert.ok(Number(sent[0]) >= second);
  });

  const calls: Record<string, () => Promise<unknown>> = {
    find: () => accounts.find('ada'),
    findByEmail: () => accounts.findByEmail('ada@example.com'),
    list: () => accounts.list(10),
    setClaims: () => accounts.setClaims('ada', {}),
    setDisabled: () => accounts.setDisabled('ada', true),
    revokeTokens: () => accounts.revokeTokens('ada', 0),
    remove: () => accounts.remove('ada'),
    create: () => accounts.create('ada'),
    createCustomToken: () => accounts.createCustomToken('ada', { subject_auth_time: 1 }),
  };
  for (const [name, call] of Object.entries(calls)) {
    it(`is "unavailable" when Firebase Auth fails: ${name}`, async () => {
      for (const method of ['lookup', 'update', 'delete', 'batchGet'])
        google.answer(path(method), json(500, 'boom'));
      google.answer(`/v1/projects/${PROJECT}/accounts`, json(500, 'boom'));
      const error = await assertRefused(call, 'unavailable');
      assert.equal(error.retryAfter, 5);
    });
  }

  it('is "unavailable" when the quota is exceeded', async () => {
    google.answer(path('lookup'), json(400, 'QUOTA_EXCEEDED'));
    await assertRefused(() => accounts.find('ada'), 'unavailable');
  });

  it('is "not_found" for a change of an unknown user', async () => {
    google.answer(path('update'), json(400, 'USER_NOT_FOUND'));
    google.answer(path('delete'), json(400, 'USER_NOT_FOUND'));
    await assertRefused(() => accounts.setDisabled('unknown', true), 'not_found');
    await assertRefused(() => accounts.setClaims('unknown', {}), 'not_found');
    await assertRefused(() => accounts.remove('unknown'), 'not_found');
  });

  it('lists a page, with the token of the next one', async () => {
    google.answer(path('batchGet'), () => ({
      users: [{ localId: 'ada', createdAt: '0' }],
      nextPageToken: 'next',
    }));
    const { accounts: page, nextPageToken } = await accounts.list(1);
    assert.deepEqual([page.map(({ uid }) => uid), nextPageToken], [['ada'], 'next']);
  });

  it('names the field of a page token that Firebase Auth refuses', async () => {
    google.answer(path('batchGet'), json(400, 'INVALID_PAGE_SELECTION'));
    const error = await assertRefused(() => accounts.list(10, 'garbage'), 'invalid_argument');
    assert.deepEqual(
      error.errors?.map(({ field }) => field),
      ['pageToken'],
    );
  });

  it('names the field of an address that Firebase Auth refuses', async () => {
    google.answer(path('lookup'), json(400, 'INVALID_EMAIL'));
    const error = await assertRefused(() => accounts.findByEmail('x@y.example'), 'invalid_argument');
    assert.deepEqual(
      error.errors?.map(({ field }) => field),
      ['email'],
    );
  });
});
