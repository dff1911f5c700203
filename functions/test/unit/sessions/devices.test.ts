import assert from 'node:assert/strict';
import { createPrincipal, type PrincipalActor } from '../../../src/authz/principal.ts';
import type { Account } from '../../../src/platform/firebase-auth/account.ts';
import type { IssuedSession } from '../../../src/sessions/read-sessions.ts';
import { assertRefused } from '../../helpers/refusal.ts';
import { ADA, openSessions, reasonOf, type TestSessions } from '../../helpers/sessions.ts';

let test: TestSessions;

/** The user of a session, as its cookie authenticates them. */
function actorOf({ session, record }: IssuedSession): PrincipalActor {
  const { issuer, subject, uid, directoryId, validSince, assurance, id } = session;
  const principal = createPrincipal({
    ...{ kind: 'user', issuer, subject, directoryId, roles: record.grants.map(({ role }) => role) },
    ...(uid !== undefined && { uid }),
    ...{ authTime: validSince, assurance, tokenExpiresAt: session.idleEnd, credential: 'session-cookie' },
    session: { id },
  });
  return { kind: 'principal', principal, requestId: 'r5' };
}

const idsOf = async (issued: IssuedSession) =>
  (await test.sessions.devices.listOwn(actorOf(issued))).sessions.map(({ id }) => id);

const elsewhere = (issued: IssuedSession, service = test.sessions) =>
  service.devices.revokeOwn(actorOf(issued), { cookie: issued.value });

function accountOf(uid: string): Account {
  return test.access.accounts.byUid.get(uid) ?? assert.fail(uid);
}

/** Changes an account in the Firebase console, or signs the user in with the Firebase SDK. */
function setAccount(uid: string, facts: Partial<Account>): void {
  test.access.accounts.byUid.set(uid, { ...accountOf(uid), ...facts });
}

async function lastEvent(action: string) {
  const events = await test.access.all('auditEvents');
  return events.findLast((event) => event.action === action);
}

describe('the sessions of a user', () => {
  beforeEach(async () => {
    test = await openSessions({ limits: { maxPerUser: 20 } });
  });
  afterEach(() => test.close());

  it('are listed with their device, last used first, the current one marked', async () => {
    const device = { browser: 'Firefox', os: 'Windows', network: '203.0.113.0/24' };
    const laptop = await test.sessions.create(test.signIn('bob'), { replaces: [], device });
    test.wait(60);
    const phone = await test.create('bob');
    const { sessions } = await test.sessions.devices.listOwn(actorOf(laptop));
    assert.deepEqual(
      sessions.map(({ id, current, browser, os, network }) => ({ id, current, browser, os, network })),
      [
        { id: phone.session.id, current: false, browser: undefined, os: undefined, network: undefined },
        { id: laptop.session.id, current: true, ...device },
      ],
    );
  });

  it('are the same for an administrator, without a current one', async () => {
    const { session } = await test.create('bob');
    const { sessions } = await test.sessions.devices.list('bob', test.signIn('olga').principal);
    assert.deepEqual(
      sessions.map(({ id, current }) => [id, current]),
      [[session.id, false]],
    );
  });

  it('do not include sessions of others, nor those that have ended or were revoked', async () => {
    await test.create('olga');
    await test.create('bob');
    test.wait(1);
    await test.revoke('bob');
    test.wait(2);
    await test.create('bob');
    test.wait(43_200);
    const current = await test.create('bob');
    assert.deepEqual(await idsOf(current), [current.session.id]);
  });

  it('are none for a disabled user', async () => {
    const issued = await test.create('bob');
    setAccount('bob', { disabled: true });
    assert.deepEqual(await idsOf(issued), []);
  });

  it('have one line after a rotation, with the same id', async () => {
    const before = await test.create('bob');
    await test.setRoles('bob', ['support']);
    const { value } = await test.renew(before.value);
    assert.ok(value !== undefined);
    assert.deepEqual(await idsOf(before), [before.session.id]);
  });

  it('of an external user are listed and ended', async () => {
    const [a, b] = [await test.create('ada'), await test.create('ada')];
    assert.equal((await idsOf(a)).length, 2);
    await test.sessions.devices.endOwn(actorOf(a), b.session.id);
    assert.deepEqual(await idsOf(a), [a.session.id]);
    assert.equal((await lastEvent('session.end'))?.target, ADA.id);
  });

  it('cannot be listed for a user who does not exist', async () => {
    const { principal } = test.signIn('olga');
    await assertRefused(() => test.sessions.devices.list('stranger', principal), 'not_found');
  });

  describe('at Firebase', () => {
    const firebaseOf = async (who = 'bob') =>
      (await test.sessions.devices.list(who, test.signIn(who).principal)).firebase;

    it('are one line with the time of the last one', async () => {
      assert.equal(await firebaseOf(), undefined);
      setAccount('bob', { lastSignInAt: test.now() });
      assert.deepEqual(await firebaseOf(), { lastSignInAt: test.now(), current: true });
    });

    it('are no line after a revocation, until the next sign-in', async () => {
      await test.create('bob');
      setAccount('bob', { lastSignInAt: test.now() });
      await test.revoke('bob');
      assert.equal(await firebaseOf(), undefined);
      test.wait(1);
      setAccount('bob', { lastSignInAt: test.now() });
      assert.ok(await firebaseOf());
    });

    it('are no line for an external user without an account', async () => {
      const issued = await test.create('ada');
      assert.equal((await test.sessions.devices.listOwn(actorOf(issued))).firebase, undefined);
    });
  });
});

describe('ending a session', () => {
  beforeEach(async () => {
    test = await openSessions({ limits: { maxPerUser: 20 } });
  });
  afterEach(() => test.close());

  it('by its user leaves the others, and is audited with its cause', async () => {
    const [a, b] = [await test.create('bob'), await test.create('bob')];
    await test.sessions.devices.endOwn(actorOf(a), b.session.id);
    assert.equal(await reasonOf(test.read(b.value)), 'unknown-session');
    await test.read(a.value);
    const { actor, target, outcome, after } = (await lastEvent('session.end')) ?? {};
    assert.deepEqual([actor, target, outcome], ['bob', 'bob', 'done']);
    assert.deepEqual(after, { session: b.session.id, cause: 'ended-by-user' });
  });

  it('of another user is refused as an unknown one is', async () => {
    const [bob, olga] = [await test.create('bob'), await test.create('olga')];
    for (const id of [olga.session.id, '5f2c9b1e-7d34-4c0a-9e51-3b8a6f0d2c47'])
      await assertRefused(() => test.sessions.devices.endOwn(actorOf(bob), id), 'not_found');
    await test.read(olga.value);
  });

  it('by an administrator is audited with the administrator and the cause', async () => {
    const { session, value } = await test.create('bob');
    const input = { uid: 'bob', id: session.id };
    await test.sessions.devices.end(test.signIn('olga'), input, { permission: 'sessions:revoke' });
    assert.equal(await reasonOf(test.read(value)), 'unknown-session');
    const { actor, target, after } = (await lastEvent('session.end')) ?? {};
    assert.deepEqual([actor, target], ['olga', 'bob']);
    assert.deepEqual(after, { session: session.id, cause: 'ended-by-admin' });
  });

  it('by an administrator needs the user of the session in the path', async () => {
    const { session, value } = await test.create('bob');
    const end = (uid: string) =>
      test.sessions.devices.end(
        test.signIn('olga'),
        { uid, id: session.id },
        { permission: 'sessions:revoke' },
      );
    await assertRefused(() => end('olga'), 'not_found');
    await test.read(value);
  });

  it('is refused to an actor who just lost the permission, and recorded', async () => {
    const { session, value } = await test.create('olga');
    const input = { uid: 'olga', id: session.id };
    const end = () => test.sessions.devices.end(test.signIn('bob'), input, { permission: 'sessions:revoke' });
    await assertRefused(end, 'permission_denied');
    await test.read(value);
    const { actor, outcome, reason } = (await lastEvent('session.end')) ?? {};
    assert.deepEqual([actor, outcome, reason], ['bob', 'refused', 'permission_denied']);
  });
});

describe('signing out everywhere else', () => {
  beforeEach(async () => {
    test = await openSessions({ limits: { maxPerUser: 20 } });
  });
  afterEach(() => test.close());

  it('keeps the current session on every instance, and ends the others', async () => {
    const [a, b] = [await test.create('bob'), await test.create('bob')];
    await elsewhere(a);
    for (const service of [test.sessions, test.another()]) {
      await test.read(a.value, service);
      assert.equal(await reasonOf(test.read(b.value, service)), 'revoked');
    }
    const { after } = (await lastEvent('sessions.revoke')) ?? {};
    assert.deepEqual(after, { validAfter: test.now() + 1, keptSession: a.session.id });
  });

  it('ends tokens of Firebase, and keeps the session when Firebase revokes later', async () => {
    const a = await test.create('bob');
    const { accounts, clock } = test.access;
    const { revokeTokens } = accounts;
    // The account gets the second of the call, which is later than that of the change.
    accounts.revokeTokens = async (uid, validAfter) => {
      clock.move(3000);
      await revokeTokens(uid, validAfter + 2);
    };
    await elsewhere(a);
    assert.equal(accountOf('bob').validAfter, test.now());
    await test.read(a.value);
    setAccount('bob', { validAfter: test.now() + 1 });
    assert.equal(await reasonOf(test.read(a.value)), 'revoked', 'a later revocation in the Firebase console');
  });

  it('keeps the session for a read that finds the entry from before, and the account from after', async () => {
    const a = await test.create('bob');
    const { accounts, clock } = test.access;
    const { find, revokeTokens } = accounts;
    accounts.revokeTokens = async (uid, validAfter) => {
      clock.move(3000);
      await revokeTokens(uid, validAfter + 2);
    };
    accounts.find = async (uid) => {
      accounts.find = find;
      await elsewhere(a);
      return find(uid);
    };
    await test.read(a.value);
  });

  it('keeps the session after a rotation in the same moment', async () => {
    const a = await test.create('bob');
    await test.setRoles('bob', ['support']);
    const { value } = await test.renew(a.value);
    await elsewhere(a);
    await test.read(value ?? '');
    await test.read(a.value);
  });

  it('also works for an external user', async () => {
    const [a, b] = [await test.create('ada'), await test.create('ada')];
    await elsewhere(a);
    await test.read(a.value);
    assert.equal(await reasonOf(test.read(b.value)), 'revoked');
  });

  for (const [what, revoke] of [
    ['an administrator', () => test.revoke('bob')],
    ['its user', () => test.access.users.revokeOwn(test.signIn('bob'))],
    ['disabling and enabling', disableAndEnable],
  ] as const) {
    it(`does not keep the session from a revocation in the same second: ${what}`, async () => {
      const a = await test.create('bob');
      await elsewhere(a);
      await revoke();
      assert.equal(await reasonOf(test.read(a.value)), 'revoked');
    });
  }

  async function disableAndEnable() {
    await test.create('olga');
    const actor = test.signIn('olga');
    await test.access.users.setDisabled(actor, 'bob', true);
    await test.access.users.setDisabled(actor, 'bob', false);
  }

  it('changes nothing when it is repeated within the second', async () => {
    const a = await test.create('bob');
    await elsewhere(a);
    await elsewhere(a);
    await test.read(a.value);
    const events = await test.access.all('auditEvents');
    assert.equal(events.filter(({ action }) => action === 'sessions.revoke').length, 1);
  });

  it('leaves one session when two devices do it at once', async () => {
    const [a, b] = [await test.create('bob'), await test.create('bob')];
    const results = await Promise.allSettled([elsewhere(a), elsewhere(b, test.another())]);
    assert.deepEqual(results.map(({ status }) => status).toSorted(), ['fulfilled', 'rejected']);
    const alive = await Promise.allSettled([test.read(a.value), test.read(b.value)]);
    assert.deepEqual(
      alive.map(({ status }) => status),
      results.map(({ status }) => status),
    );
  });

  for (const [what, end] of [
    ['was revoked', () => test.revoke('bob')],
    ['was revoked in the Firebase console', () => setAccount('bob', { validAfter: test.now() + 1 })],
    ['has ended', (a: IssuedSession) => test.sessions.devices.endOwn(actorOf(a), a.session.id)],
  ] as const) {
    it(`is refused to a session that ${what}`, async () => {
      const a = await test.create('bob');
      await end(a);
      const before = await test.access.all('directory');
      await assert.rejects(elsewhere(a));
      assert.deepEqual(await test.access.all('directory'), before);
    });
  }

  it('needs the session cookie', async () => {
    const { devices } = test.sessions;
    await assertRefused(
      () => devices.revokeOwn(test.signIn('bob'), { cookie: undefined }),
      'invalid_argument',
    );
  });
});
