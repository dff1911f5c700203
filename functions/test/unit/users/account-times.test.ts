import assert from 'node:assert/strict';
import { type Api, accountOf, breakFirebaseAuth, openApi } from '../../helpers/api.ts';
import type { GoogleUser } from '../../helpers/google.ts';
import { identityOf } from '../../helpers/identities.ts';

const ADA = identityOf('ada');
const OIDC = { type: 'oidc', issuer: ADA.issuer, audience: 'gatehouse' };
const CREATED = '2025-01-02T03:04:05.000Z';
const SIGNED_IN = '2026-01-02T03:04:05.000Z';
const TIMES = { createdAt: String(Date.parse(CREATED)), lastLoginAt: String(Date.parse(SIGNED_IN) + 999) };

describe('users: times of the account', () => {
  let api: Api;
  beforeEach(async () => {
    api = await openApi({ product: { trustedIssuers: [OIDC] } });
    api.google.users.set('member', { ...accountOf('member'), ...TIMES } as GoogleUser);
  });
  afterEach(() => api.close());

  const read = async (path: string) => (await api.as('owner').get(`/v1${path}`)).body;
  const times = ({ createdAt, lastSignInAt }: Record<string, unknown>) => [createdAt, lastSignInAt];

  it('are those of Firebase Auth, in whole seconds, in every view of the user', async () => {
    const { body: granted } = await api.as('owner').post('/v1/users/member/grants').send({ role: 'support' });
    const { body: revoked } = await api.as('owner').post('/v1/users/member/revoke');
    const listed = (await read('/users?pageSize=100')).users.find(
      ({ uid }: { uid: string }) => uid === 'member',
    );
    const found = (await read('/users?email=member@example.com')).users[0];
    for (const user of [granted, revoked, listed, found, await read('/users/member')]) {
      assert.deepEqual(times(user), [CREATED, SIGNED_IN]);
    }
  });

  it('show a sign-in at the next request', async () => {
    await read('/users/member');
    const lastLoginAt = String(Date.parse(SIGNED_IN) + 60_000);
    api.google.users.set('member', { ...accountOf('member'), ...TIMES, lastLoginAt } as GoogleUser);
    assert.equal((await read('/users/member')).lastSignInAt, '2026-01-02T03:05:05.000Z');
  });

  it('of a page of users are one call of Firebase Auth', async () => {
    for (const uid of api.google.users.keys()) await api.deps.users.get(uid);
    const before = api.google.count('accounts:lookup');
    const { users } = await api.deps.users.list({ pageSize: 100 });
    assert.deepEqual([users.length > 4, api.google.count('accounts:lookup') - before], [true, 1]);
  });

  it('have no sign-in of a user who has never signed in', async () => {
    for (const lastLoginAt of [undefined, '0']) {
      const { createdAt } = TIMES;
      const never = { ...accountOf('member'), createdAt, ...(lastLoginAt && { lastLoginAt }) };
      api.google.users.set('member', never as GoogleUser);
      const user = await read('/users/member');
      assert.deepEqual([...times(user), 'lastSignInAt' in user], [CREATED, undefined, false]);
    }
  });

  it('have no sign-in while Firebase Auth does not answer, and the user can still be read', async () => {
    await read('/users/member');
    breakFirebaseAuth(api.google);
    const { status, body } = await api.as('auditor').get('/v1/users/member');
    assert.deepEqual([status, ...times(body)], [200, CREATED, undefined]);
  });

  it('of an external user are of the entry, and of the account of a token exchange', async () => {
    const { issuer, subject } = ADA;
    const { body } = await api.as('owner').post('/v1/users').send({ issuer, subject });
    const user = await read(`/users/${ADA.id}`);
    assert.deepEqual(times(user), [body.createdAt, undefined]);
    api.google.users.set(ADA.id, { localId: ADA.id, ...TIMES } as GoogleUser);
    assert.deepEqual(times(await read(`/users/${ADA.id}`)), [body.createdAt, SIGNED_IN]);
  });
});
