import assert from 'node:assert/strict';
import { createPrincipal, type PrincipalActor } from '../../../src/authz/principal.ts';
import { seconds } from '../../../src/core/clock.ts';
import { claimsOf, type ExchangeApi, idOf, openExchangeApi, SIGN_BLOB } from '../../helpers/exchange-api.ts';
import { ISSUER } from '../../helpers/google.ts';
import { LOGIN } from '../../helpers/identities.ts';
import { reasonOf } from '../../helpers/sessions.ts';
import { createMovableClock } from '../../helpers/test-directory.ts';

const CLOSED = 'https://closed.example.com';

describe('a Firebase custom token for a session', () => {
  let api: ExchangeApi;
  let clock: ReturnType<typeof createMovableClock>;
  const now = () => seconds(clock);
  beforeEach(async () => {
    clock = createMovableClock();
    api = await openExchangeApi({ clock });
    await api.deps.users.get('member'); // provisions the entry
  });
  afterEach(() => api.close());

  /** Begins a session. @returns the value of its cookie, and its public id */
  async function begin(user: { uid: string } | { issuer: string; subject: string }) {
    const facts =
      'uid' in user
        ? { issuer: ISSUER, subject: user.uid, uid: user.uid, directoryId: user.uid }
        : { ...user, directoryId: idOf(user.subject, user.issuer) };
    const principal = createPrincipal({
      ...{ kind: 'user', ...facts, roles: [], authTime: now() - 60, tokenExpiresAt: now() + 3600 },
      assurance: { level: 'aal1', at: now() - 60, methods: [] },
      credential: 'bearer',
    });
    const actor: PrincipalActor = { kind: 'principal', principal, requestId: 'r1' };
    const { value, session } = await api.deps.sessions.create(actor, { replaces: [] });
    return { value, session };
  }
  const tokenFor = (value: string, { tokenExchange } = api.deps) => tokenExchange.fromSession(value, 'r2');
  const signed = () => api.google.count(SIGN_BLOB);

  it('is for the user of the session, and says when they signed in', async () => {
    const { value, session } = await begin({ uid: 'member' });
    clock.move(3600_000);
    const { uid, claims, ...standard } = claimsOf(await tokenFor(value));
    assert.equal(uid, 'member');
    assert.deepEqual(claims, { subject_auth_time: session.validSince });
    assert.deepEqual(Object.keys(standard).sort(), ['aud', 'exp', 'iat', 'iss', 'sub']);
  });

  it('is in the audit log and the log, with the public id of the session and no secret', async () => {
    const { value, session } = await begin({ uid: 'member' });
    const token = await tokenFor(value);
    const { events } = await api.deps.audit.list({ pageSize: 10, action: 'session.firebase-token' });
    const [{ id: _id, at: _at, ...event } = assert.fail('no event')] = events;
    assert.deepEqual(event, {
      ...{ actor: 'member', issuer: ISSUER, target: 'member', action: 'session.firebase-token' },
      ...{ outcome: 'done', after: { session: session.id }, requestId: 'r2' },
    });
    const written = JSON.stringify([events, api.lines]);
    assert.ok(written.includes('session.firebase-token'));
    for (const secret of [value, token.split('.')[2] ?? token]) assert.ok(!written.includes(secret));
  });

  it('signs in with the roles of the directory, and with the age of the session', async () => {
    const { value } = await begin({ uid: 'member' });
    const kept = Object(claimsOf(await tokenFor(value)).claims);
    const idToken = await api.idToken('member', { ...kept, auth_time: now() });
    const me = () => api.as().get('/v1/me').set('Authorization', `Bearer ${idToken}`);
    assert.deepEqual((await me()).body.roles, ['member']);
    await api.edit('member', { revoke: true });
    clock.move(20_000);
    assert.equal((await me()).status, 401);
  });

  const ends: Record<string, (session: { id: string; directoryId: string }) => Promise<unknown>> = {
    revoked: () => api.edit('member', { revoke: true }),
    'account-disabled': () => api.edit('member', { disabled: true }),
    'unknown-session': ({ id, directoryId: user }) =>
      api.deps.sessions.end({ actor: 'member', requestId: 'r3' }, { user, id }, 'signed-out'),
  };
  for (const [reason, end] of Object.entries(ends)) {
    it(`is refused at once when it is ${reason}, whatever an instance remembers`, async () => {
      const other = api.another();
      const { value, session } = await begin({ uid: 'member' });
      await tokenFor(value, other);
      const before = signed();
      await end(session);
      assert.equal(await reasonOf(tokenFor(value, other)), reason);
      assert.equal(signed(), before);
    });
  }

  it('is refused when the account was disabled in the Firebase console', async () => {
    const { value } = await begin({ uid: 'member' });
    api.google.users.set('member', { ...api.google.users.get('member'), localId: 'member', disabled: true });
    assert.equal(await reasonOf(tokenFor(value)), 'account-disabled');
    assert.equal(signed(), 0);
  });

  it('of an external user creates the account, with the claims of the directory', async () => {
    const { value } = await begin({ issuer: LOGIN, subject: 'ada' });
    await api.edit(idOf('ada'), { grants: [{ role: 'support', grantedBy: 'olga', grantedAt: 1 }] });
    assert.equal(claimsOf(await tokenFor(value)).uid, idOf('ada'));
    assert.deepEqual(api.claims().roles, ['support']);
  });

  it('is refused where firebaseTokens of the sessions is false', async () => {
    const { value } = await begin({ uid: 'member' });
    const { config } = api.deps;
    const without = api.another({ ...config, sessions: { ...config.sessions, firebaseTokens: false } });
    assert.equal(await reasonOf(tokenFor(value, without)), 'exchange-not-allowed');
    assert.equal(signed(), 0);
  });

  it('is refused for an issuer that does not allow the exchange, and creates no account', async () => {
    const { value } = await begin({ issuer: CLOSED, subject: 'ada' });
    assert.equal(await reasonOf(tokenFor(value)), 'exchange-not-allowed');
    assert.equal(api.google.users.has(idOf('ada', CLOSED)), false);
    assert.equal(signed(), 0);
  });
});
