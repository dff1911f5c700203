import assert from 'node:assert/strict';
import { externalId } from '../../../src/authn/external-identity.ts';
import { sessionKey } from '../../../src/authn/ports.ts';
import { sessionHash } from '../../../src/authn/session-cookie/authenticator.ts';
import { unavailable } from '../../../src/core/errors.ts';
import { provisionExternalUser } from '../../../src/directory/index.ts';
import { createSessionsService } from '../../../src/sessions/sessions-service.ts';
import { ADA, LIMITS, openSessions, reasonOf, type TestSessions } from '../../helpers/sessions.ts';

let test: TestSessions;
const END = { actor: 'bob', requestId: 'r9' } as const;
const endOf = ({ id, directoryId: user }: { id: string; directoryId: string }) =>
  test.sessions.end(END, { user, id }, 'signed-out');

describe('a session', () => {
  beforeEach(async () => {
    test = await openSessions();
  });
  afterEach(() => test.close());

  it('is read by another instance, with the current roles of its user', async () => {
    const { value, session } = await test.create('bob');
    const found = await test.read(value, test.another());
    assert.deepEqual(found.session, session);
    assert.deepEqual(
      found.record.grants.map(({ role }) => role),
      ['member'],
    );
    await test.setRoles('bob', ['support']);
    const { record, directoryVersion } = await test.read(value);
    assert.equal(record.grants[0]?.role, 'support');
    assert.equal(directoryVersion.rolesVersion, record.rolesVersion);
  });

  it('is stored under the hash of its value, which nothing contains', async () => {
    const { value, session } = await test.create('bob');
    assert.match(value, /^gs1_[\w-]{43}$/);
    const { db } = test.access.firestore;
    assert.equal((await db.doc(`sessions/${sessionHash(value)}`).get()).get('id'), session.id);
    const everything = JSON.stringify([
      await test.stored(),
      await test.access.all('auditEvents'),
      await test.access.all('accessChanges'),
      test.access.lines,
    ]);
    assert.ok(!everything.includes(value.slice(4)));
  });

  it('begins with an audit event and a line in the log', async () => {
    const { session } = await test.create('bob');
    const events = await test.access.all('auditEvents');
    const event = events.find(({ action }) => action === 'session.create');
    assert.deepEqual([event?.actor, event?.target, event?.after], ['bob', 'bob', { session: session.id }]);
    assert.ok(JSON.stringify(test.access.lines).includes('session.create'));
  });

  it('of an external user gives only grants of the directory, and provisions the user', async () => {
    const { value } = await test.create('ada');
    assert.deepEqual((await test.read(value)).record.grants, []);
    await test.setRoles(ADA.id, ['support']);
    assert.equal((await test.read(value)).record.grants[0]?.role, 'support');
  });

  for (const [what, facts, reason] of [
    ['a service', { kind: 'service' }, 'service-token'],
    ['a token with scopes', { scopes: ['notes:read'] }, 'narrowed-by-scopes'],
    ['a token that another party uses for its user', { actor: { subject: 'eve' } }, 'delegated-token'],
  ] as const) {
    it(`does not begin with ${what}`, async () => {
      assert.equal(await reasonOf(test.sessions.create(test.signIn('bob', facts), { replaces: [] })), reason);
      assert.deepEqual(await test.stored(), []);
      const [event] = await test.access.all('auditEvents');
      assert.deepEqual(
        [event?.action, event?.outcome, event?.reason, event?.target],
        ['session.create', 'refused', reason, 'bob'],
      );
    });
  }

  it('does not begin for a disabled, deleted or revoked user', async () => {
    const { byUid } = test.access.accounts;
    const before = test.signIn('bob');
    await test.create('bob');
    await test.revoke('bob');
    assert.equal(await reasonOf(test.sessions.create(before, { replaces: [] })), 'revoked');
    const bob = byUid.get('bob') ?? assert.fail();
    byUid.set('bob', { ...bob, disabled: true });
    assert.equal(await reasonOf(test.create('bob')), 'account-disabled');
    byUid.delete('bob');
    assert.equal(await reasonOf(test.create('bob')), 'account-deleted');
  });

  it('is refused when it is unknown, its user disabled, deleted or signed out everywhere', async () => {
    assert.equal(await reasonOf(test.read(`gs1_${'A'.repeat(43)}`)), 'unknown-session');
    const { value } = await test.create('bob');
    const { byUid } = test.access.accounts;
    const bob = byUid.get('bob') ?? assert.fail();
    byUid.set('bob', { ...bob, disabled: true });
    assert.equal(await reasonOf(test.read(value)), 'account-disabled');
    byUid.delete('bob');
    assert.equal(await reasonOf(test.read(value)), 'account-deleted');
    byUid.set('bob', bob);
    await test.revoke('bob');
    assert.equal(await reasonOf(test.read(value)), 'revoked');
  });

  it('is revoked even if the clock of the issuer is ahead', async () => {
    const ahead = test.signIn('ada', { authTime: test.now() + 5 });
    const { value } = await test.sessions.create(ahead, { replaces: [] });
    await test.revoke(ADA.id);
    assert.equal(await reasonOf(test.read(value)), 'revoked');
    assert.equal(await reasonOf(test.sessions.create(ahead, { replaces: [] })), 'revoked', 'a new one');
  });

  it('begins just after the sign-up, even if the clock of the instance is behind', async () => {
    const { byUid } = test.access.accounts;
    byUid.set('new', { ...(byUid.get('bob') ?? assert.fail()), uid: 'new', createdAt: test.now() + 5 });
    const { value } = await test.create('new');
    await test.read(value);
  });

  it('is read again after a revocation, even if the clock of the instance is ahead', async () => {
    const { value } = await test.create('bob');
    const { directoryVersion } = await test.sessions.read(sessionHash(value), test.now() + 120);
    await test.revoke('bob');
    const change = await test.access.feed.find('bob');
    assert.ok(directoryVersion.validAfter < (change?.validAfter ?? 0));
  });

  it('does not come back with a user who is provisioned again after their deletion', async () => {
    const { value } = await test.create('ada');
    await test.access.directory.change({ uid: ADA.id }, () => ({ entry: null }));
    assert.equal(await reasonOf(test.read(value)), 'account-deleted');
    test.wait(2);
    await provisionExternalUser(test.access.directory, ADA);
    assert.equal(await reasonOf(test.read(value)), 'account-deleted');
  });

  it('ends on every instance, with an access change and an audit event', async () => {
    const { value, session } = await test.create('bob');
    assert.equal(await endOf(session), true);
    assert.equal(await reasonOf(test.read(value)), 'unknown-session');
    assert.notEqual(await test.access.feed.find(sessionKey(session.id)), undefined);
    const other = test.access.another();
    assert.notEqual(await other.feed.find(sessionKey(session.id)), undefined);
    assert.equal(await other.feed.find('bob'), undefined);
    const event = (await test.access.all('auditEvents')).find(({ action }) => action === 'session.end');
    assert.deepEqual(event?.after, { session: session.id, cause: 'signed-out' });
    assert.equal(await endOf(session), false);
  });

  it('of another user is not ended', async () => {
    const { value, session } = await test.create('bob');
    assert.equal(await endOf({ id: session.id, directoryId: 'olga' }), false);
    await test.read(value);
  });

  it('of an old cookie ends at the next sign-in, of another user, too', async () => {
    const first = await test.create('bob');
    const second = await test.create('olga', first.value);
    assert.equal(await reasonOf(test.read(first.value)), 'unknown-session');
    const event = (await test.access.all('auditEvents')).find(({ action }) => action === 'session.end');
    assert.deepEqual(
      [event?.actor, event?.target, event?.after],
      ['olga', 'bob', { session: first.session.id, cause: 'replaced-by-sign-in' }],
    );
    await test.read(second.value);
    await test.create('olga', `gs1_${'A'.repeat(43)}`);
    assert.equal((await test.stored()).length, 2);
  });

  it('ends when its user begins too many, the oldest first; ended ones do not count', async () => {
    const values: string[] = [];
    for (let count = 0; count < 5; count++) {
      values.push((await test.create('bob')).value);
      test.wait(1);
    }
    const results = await Promise.allSettled(values.map((value) => test.read(value)));
    assert.deepEqual(
      results.map(({ status }) => status),
      ['rejected', 'rejected', 'fulfilled', 'fulfilled', 'fulfilled'],
    );
    const causes = (await test.access.all('auditEvents')).flatMap(
      ({ after }) => (after as { cause?: string })?.cause ?? [],
    );
    assert.deepEqual(causes, ['too-many', 'too-many']);
    test.wait(43_200);
    await test.create('bob');
    assert.equal((await test.stored()).length, 1);
  });

  it('is one of at most three after twenty sign-ins at the same time on two instances', async () => {
    const other = test.another();
    const results = await Promise.allSettled(
      Array.from({ length: 20 }, (_, index) =>
        (index % 2 ? other : test.sessions).create(test.signIn('bob'), { replaces: [] }),
      ),
    );
    const issued = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
    const alive = await Promise.allSettled(issued.map(({ value }) => test.read(value)));
    assert.deepEqual(
      [
        issued.length,
        alive.filter(({ status }) => status === 'fulfilled').length,
        (await test.stored()).length,
      ],
      [20, 3, 3],
    );
  });

  it('with a damaged document is refused, and does not keep its user from signing in', async () => {
    const { value } = await test.create('bob');
    const { db } = test.access.firestore;
    await db.doc(`sessions/${sessionHash(value)}`).update({ validSince: 'x' });
    assert.equal(await reasonOf(test.read(value)), 'damaged-session');
    assert.equal(await test.sessions.findToEnd(sessionHash(value)), undefined);
    await test.create('bob', value);
  });

  it('of an external user ends with the trust in the issuer', async () => {
    const { value } = await test.create('ada');
    await test.read(value);
    const { platform, ...needs } = test.access.another();
    const config = { ...platform.config, sessions: LIMITS, trustedIssuers: [] };
    const sessions = createSessionsService({ ...platform, config }, needs);
    assert.equal(await reasonOf(test.read(value, sessions)), 'issuer-not-trusted');
    assert.equal(await reasonOf(test.renew(value, { service: sessions })), 'issuer-not-trusted');
  });

  it('keeps the identity of its user', async () => {
    const { session } = await test.create('ada');
    assert.equal(session.directoryId, externalId(session.issuer, session.subject));
    assert.equal(session.uid, undefined);
  });

  it('is unavailable while Firestore or Firebase Auth does not answer', async () => {
    const { value, session } = await test.create('bob');
    const down = async () => {
      throw unavailable('down');
    };
    test.access.accounts.find = down;
    assert.equal(await reasonOf(test.read(value)), 'service-unavailable');
    const { platform, ...services } = test.access;
    const sessions = createSessionsService({ ...platform, firestore: down }, services);
    for (const call of [
      () => sessions.read(sessionHash(value), test.now()),
      () => sessions.create(test.signIn('bob'), { replaces: [] }),
      () => sessions.end(END, { user: 'bob', id: session.id }, 'signed-out'),
      () => sessions.findToEnd(sessionHash(value)),
    ])
      assert.equal(await reasonOf(call()), 'service-unavailable');
  });
});
