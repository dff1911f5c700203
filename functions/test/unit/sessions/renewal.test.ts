import assert from 'node:assert/strict';
import { sessionKey } from '../../../src/authn/ports.ts';
import { sessionHash } from '../../../src/authn/session-cookie/authenticator.ts';
import { openSessions, reasonOf, type TestSessions } from '../../helpers/sessions.ts';

let test: TestSessions;
const ROTATE = { canRotate: true };
const isDue = async (value: string) => test.sessions.isDue(await test.read(value), test.now(), ROTATE);

describe('the renewal of a session', () => {
  beforeEach(async () => {
    test = await openSessions();
  });
  afterEach(() => test.close());

  it('writes when the session was last seen, at most every ten minutes', async () => {
    const { value, session } = await test.create('bob');
    test.wait(599);
    assert.equal(await isDue(value), false);
    assert.equal((await test.renew(value)).session.lastSeen, session.lastSeen);
    test.wait(1);
    assert.equal(await isDue(value), true);
    const renewed = await test.renew(value);
    assert.equal(renewed.session.lastSeen, test.now());
    assert.equal(renewed.session.idleEnd, test.now() + 43_200);
    assert.equal(renewed.value, undefined);
    assert.deepEqual((await test.read(value)).session, renewed.session);
    assert.equal(await isDue(value), false);
  });

  it('extends a short idle time in its second half', async () => {
    await test.close();
    test = await openSessions({ limits: { idle: 300 } });
    const { value } = await test.create('bob');
    test.wait(150);
    assert.equal(await isDue(value), true);
    await test.renew(value);
    test.wait(299);
    await test.read(value);
    test.wait(1);
    assert.equal(await reasonOf(test.read(value)), 'session-expired');
  });

  it('comes too late after the idle time, and never moves the absolute end', async () => {
    const { value } = await test.create('bob');
    for (let hours = 0; hours < 14 * 24 - 11; hours += 11) {
      await test.renew(value);
      test.wait(11 * 3600);
    }
    await test.read(value);
    await test.renew(value);
    test.wait(10 * 3600);
    assert.equal(await reasonOf(test.renew(value)), 'session-expired');
    const other = await test.create('bob');
    test.wait(43_200);
    assert.equal(await reasonOf(test.renew(other.value)), 'session-expired');
  });

  it('has shorter limits while the user holds a privileged permission', async () => {
    const { session } = await test.create('olga');
    assert.deepEqual([session.idleEnd - test.now(), session.absoluteEnd - test.now()], [3600, 43_200]);
    const { value } = await test.create('bob');
    test.wait(3600);
    await test.setRoles('bob', ['admin']);
    assert.equal(await reasonOf(test.read(value)), 'session-expired');
    await test.setRoles('bob', ['member']);
    await test.read(value);
  });

  it('gives a new cookie value when the roles have changed; the old one lives for 30 seconds', async () => {
    const { value, session } = await test.create('bob');
    assert.equal(await isDue(value), false);
    await test.setRoles('bob', ['support']);
    assert.equal(await isDue(value), true);
    const renewed = await test.renew(value);
    assert.ok(renewed.value !== undefined && renewed.value !== value);
    assert.deepEqual(
      [renewed.session.id, renewed.session.csrfKey, renewed.session.created],
      [session.id, session.csrfKey, session.created],
    );
    assert.equal(await isDue(renewed.value), false);
    test.wait(29);
    const old = await test.read(value);
    assert.equal(old.session.replaced, true);
    assert.equal(test.sessions.isDue(old, test.now(), ROTATE), false);
    test.wait(1);
    assert.equal(await reasonOf(test.read(value)), 'session-expired');
    await test.read(renewed.value);
  });

  it('does not rotate where no answer can carry a cookie, and is then not due at each request', async () => {
    const { value } = await test.create('bob');
    await test.setRoles('bob', ['support']);
    const read = await test.read(value);
    assert.equal(test.sessions.isDue(read, test.now(), { canRotate: false }), false);
    test.wait(600);
    assert.equal((await test.renew(value, { canRotate: false })).value, undefined);
    assert.notEqual((await test.renew(value)).value, undefined);
  });

  it('gives one new value to twenty requests at the same time on two instances', async () => {
    const { value } = await test.create('bob');
    await test.setRoles('bob', ['support']);
    const other = test.another();
    const renewed = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        test.renew(value, { service: index % 2 ? other : test.sessions }),
      ),
    );
    assert.equal(renewed.filter((one) => one.value !== undefined).length, 1);
    assert.equal((await test.stored()).length, 2);
  });

  it('tells every instance which value was replaced: one that cannot rotate keeps it in memory', async () => {
    const other = test.access.another();
    const { value } = await test.create('bob');
    await test.setRoles('bob', ['support']);
    const renewed = await test.renew(value);
    for (const { feed } of [test.access, other]) {
      assert.notEqual(await feed.find(sessionKey(sessionHash(value))), undefined);
      assert.equal(await feed.find(sessionKey(sessionHash(renewed.value ?? ''))), undefined);
    }
  });

  it('ends both values when the session ends during the overlap', async () => {
    const { value, session } = await test.create('bob');
    await test.setRoles('bob', ['support']);
    const renewed = await test.renew(value);
    await test.sessions.end({ actor: 'bob', requestId: 'r' }, { user: 'bob', id: session.id }, 'signed-out');
    assert.equal(await reasonOf(test.read(value)), 'unknown-session');
    assert.equal(await reasonOf(test.read(renewed.value ?? '')), 'unknown-session');
    assert.equal(
      (await test.access.all('auditEvents')).filter(({ action }) => action === 'session.end').length,
      1,
    );
  });

  it('keeps a value that was replaced long ago from ending the session', async () => {
    const { value } = await test.create('bob');
    await test.setRoles('bob', ['support']);
    const renewed = await test.renew(value);
    test.wait(30);
    await test.create('olga', value);
    assert.equal(await test.sessions.findToEnd(sessionHash(value)), undefined);
    await test.read(renewed.value ?? '');
  });

  it('never revives an ended session or a revoked sign-in', async () => {
    const { value, session } = await test.create('bob');
    test.wait(600);
    const other = await test.create('bob');
    await test.sessions.end({ actor: 'bob', requestId: 'r' }, { user: 'bob', id: session.id }, 'signed-out');
    assert.equal(await reasonOf(test.renew(value)), 'unknown-session');
    await test.revoke('bob');
    assert.equal(await reasonOf(test.renew(other.value)), 'revoked');
  });

  it('counts one session during the overlap', async () => {
    const first = await test.create('bob');
    await test.setRoles('bob', ['support']);
    const renewed = await test.renew(first.value);
    await test.create('bob');
    await test.create('bob');
    await test.read(renewed.value ?? '');
  });
});

describe('a step-up', () => {
  beforeEach(async () => {
    test = await openSessions();
  });
  afterEach(() => test.close());

  const aal2 = () =>
    ({ assurance: { level: 'aal2', at: test.now(), methods: ['password', 'totp'] } }) as const;

  it('raises the assurance under a new cookie value, with an audit event', async () => {
    const { value, session } = await test.create('bob');
    test.wait(100);
    const raised = await test.sessions.stepUp(test.signIn('bob', aal2()), sessionHash(value));
    assert.deepEqual(raised.session.assurance, aal2().assurance);
    assert.deepEqual([raised.session.id, raised.session.absoluteEnd], [session.id, session.absoluteEnd]);
    assert.deepEqual((await test.read(raised.value)).session, raised.session);
    assert.equal((await test.read(value)).session.assurance.level, 'aal1');
    const event = (await test.access.all('auditEvents')).find(({ action }) => action === 'session.step-up');
    assert.deepEqual(event?.after, { session: session.id, assurance: 'aal2' });
    test.wait(30);
    assert.equal(await reasonOf(test.read(value)), 'session-expired');
  });

  it('tells every instance by the access changes which cookie value was replaced', async () => {
    const other = test.access.another();
    const { value, session } = await test.create('bob');
    const raised = await test.sessions.stepUp(test.signIn('bob', aal2()), sessionHash(value));
    for (const { feed } of [test.access, other]) {
      assert.notEqual(await feed.find(sessionKey(sessionHash(value))), undefined);
      for (const key of [session.id, sessionHash(raised.value)])
        assert.equal(await feed.find(sessionKey(key)), undefined);
    }
  });

  it('refuses a credential of another user, a weaker one, and one without a person', async () => {
    const { value } = await test.create('bob');
    const stepUp = (name: string, facts = {}) =>
      reasonOf(test.sessions.stepUp(test.signIn(name, facts), sessionHash(value)));
    assert.equal(await stepUp('olga'), 'another-user');
    assert.equal(await stepUp('bob', { kind: 'service' }), 'service-token');
    const raised = await test.sessions.stepUp(test.signIn('bob', aal2()), sessionHash(value));
    assert.equal(
      await reasonOf(test.sessions.stepUp(test.signIn('bob'), sessionHash(raised.value))),
      'step-up-required',
    );
  });

  it('refuses a value that was rotated, and lets one of two step-ups through', async () => {
    const { value } = await test.create('bob');
    const results = await Promise.allSettled(
      [1, 2].map(() => test.sessions.stepUp(test.signIn('bob', aal2()), sessionHash(value))),
    );
    assert.deepEqual(results.map(({ status }) => status).toSorted(), ['fulfilled', 'rejected']);
    assert.equal(
      await reasonOf(test.sessions.stepUp(test.signIn('bob', aal2()), sessionHash(value))),
      'version_mismatch',
    );
  });

  it('does not make an older sign-in newer', async () => {
    const { value } = await test.create('bob');
    const older = { assurance: { level: 'aal1', at: test.now() - 200, methods: ['password'] } } as const;
    const { session } = await test.sessions.stepUp(test.signIn('bob', older), sessionHash(value));
    assert.equal(session.assurance.at, test.now());
  });
});
