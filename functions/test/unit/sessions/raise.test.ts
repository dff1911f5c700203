import assert from 'node:assert/strict';
import { sessionHash } from '../../../src/authn/session-cookie/authenticator.ts';
import { AppError } from '../../../src/core/errors.ts';
import type { TransactionPart } from '../../../src/platform/firestore/transaction.ts';
import { openSessions, reasonOf, type TestSessions } from '../../helpers/sessions.ts';

let test: TestSessions;

/** A code that can be used once, in a document. */
const useCode: TransactionPart = async ({ db }, tx) => {
  const ref = db.doc('codes/1');
  if ((await tx.get(ref)).exists) throw new AppError('permission_denied', 'used', { reason: 'another-user' });
  return () => tx.create(ref, { used: true });
};
const isUsed = async () => (await test.access.all('codes')).length === 1;
const raise = (value: string, service = test.sessions, part = useCode) =>
  service.raise(test.signIn('bob', { credential: 'session-cookie' }), sessionHash(value), {
    methods: ['totp'],
    part,
  });
const assuranceOf = async (value: string) => (await test.read(value)).session.assurance;

describe('a session that is raised by a second factor', () => {
  beforeEach(async () => {
    test = await openSessions();
  });
  afterEach(() => test.close());

  it('is aal2 under a new cookie value, with an audit event, and the code is used', async () => {
    const { value, session } = await test.create('bob');
    test.wait(700);
    const raised = await raise(value);
    assert.deepEqual(raised.session.assurance, {
      level: 'aal2',
      at: test.now(),
      methods: ['password', 'totp'],
    });
    assert.deepEqual([raised.session.id, raised.session.csrfKey], [session.id, session.csrfKey]);
    assert.deepEqual((await test.read(raised.value)).session, raised.session);
    assert.deepEqual(await assuranceOf(value), session.assurance);
    assert.equal(await isUsed(), true);
    const event = (await test.access.all('auditEvents')).find(({ action }) => action === 'session.step-up');
    assert.deepEqual(event?.after, { session: session.id, assurance: 'aal2', methods: ['totp'] });
    test.wait(30);
    assert.equal(await reasonOf(test.read(value)), 'session-expired');
  });

  it('raises no other session of the user', async () => {
    const [first, second] = [await test.create('bob'), await test.create('bob')];
    await raise(first.value);
    assert.equal((await assuranceOf(second.value)).level, 'aal1');
    assert.equal(await reasonOf(raise(second.value)), 'another-user');
    assert.equal((await assuranceOf(second.value)).level, 'aal1');
  });

  it('is as before after a role change', async () => {
    const { value, session } = await test.create('bob');
    const raised = await raise(value);
    await test.setRoles('bob', ['support']);
    assert.deepEqual(await assuranceOf(raised.value), session.assurance);
    const rotated = await test.renew(raised.value);
    assert.deepEqual(await assuranceOf(rotated.value ?? ''), session.assurance);
  });

  it('stays aal2 by its renewals, until the session ends', async () => {
    const { value } = await test.create('bob');
    const raised = await raise(value);
    test.wait(700);
    const { session } = await test.renew(raised.value);
    assert.deepEqual(session.assurance, raised.session.assurance);
    await test.sessions.end({ actor: 'bob', requestId: 'r' }, { user: 'bob', id: session.id }, 'signed-out');
    assert.equal(await reasonOf(test.read(raised.value)), 'unknown-session');
  });

  it('keeps what the sign-in has proved, and a later sign-in with two factors counts', async () => {
    const aal2 = (at: number) => ({ assurance: { level: 'aal2', at, methods: ['pwd', 'otp'] } }) as const;
    const { value } = await test.create('bob');
    const raised = await raise(value);
    const signIn = (at: number) => test.signIn('bob', aal2(at));
    const older = await test.sessions.stepUp(signIn(test.now() - 100), sessionHash(raised.value));
    assert.deepEqual(older.session.assurance, raised.session.assurance);
    test.wait(10);
    const later = await test.sessions.stepUp(signIn(test.now()), sessionHash(older.value));
    assert.deepEqual(later.session.assurance, aal2(test.now()).assurance);
    await test.setRoles('bob', ['support']);
    assert.deepEqual(await assuranceOf(later.value), later.session.assurance);
  });

  it('does not become one that outlives a role change by an older sign-in', async () => {
    const { value, session } = await test.create('bob');
    const raised = await raise(value);
    const older = { assurance: { level: 'aal2', at: test.now() - 100, methods: ['pwd', 'otp'] } } as const;
    const again = await test.sessions.stepUp(test.signIn('bob', older), sessionHash(raised.value));
    await test.setRoles('bob', ['support']);
    assert.deepEqual(await assuranceOf(again.value), session.assurance);
  });

  it('uses no code when it has ended, was revoked, or the cookie value was rotated', async () => {
    const [ended, rotated, revoked] = [
      await test.create('bob'),
      await test.create('bob'),
      await test.create('bob'),
    ];
    const by = { actor: 'bob', requestId: 'r' };
    await test.sessions.end(by, { user: 'bob', id: ended.session.id }, 'signed-out');
    assert.equal(await reasonOf(raise(ended.value)), 'unknown-session');
    await test.setRoles('bob', ['support']);
    await test.renew(rotated.value);
    assert.equal(await reasonOf(raise(rotated.value)), 'version_mismatch');
    await test.revoke('bob');
    assert.equal(await reasonOf(raise(revoked.value)), 'revoked');
    assert.equal(await isUsed(), false);
  });

  it('uses no code when it ends during the step-up', async () => {
    const { value, session } = await test.create('bob');
    let ending: Promise<unknown> | undefined;
    const raising = raise(value, test.sessions, async (firestore, tx) => {
      const write = await useCode(firestore, tx);
      const by = { actor: 'bob', requestId: 'r' };
      ending ??= test.another().end(by, { user: 'bob', id: session.id }, 'signed-out');
      return write;
    });
    const [raised] = await Promise.allSettled([raising]);
    await ending;
    // Either order, but never a session that goes on, or a code that is used for nothing.
    assert.equal(await isUsed(), raised.status === 'fulfilled');
    assert.equal(await reasonOf(test.read(value)), 'unknown-session');
    assert.equal((await test.stored()).length, 0);
  });

  it('takes one code once, of twenty sessions on two instances', async () => {
    await test.close();
    test = await openSessions({ limits: { maxPerUser: 20 } });
    const created = await Promise.all(Array.from({ length: 20 }, () => test.create('bob')));
    const other = test.another();
    const results = await Promise.allSettled(
      created.map(({ value }, index) => raise(value, index % 2 ? other : test.sessions)),
    );
    assert.equal(results.filter(({ status }) => status === 'fulfilled').length, 1);
    const levels = (await test.stored()).filter(({ stepUp }) => stepUp !== undefined);
    assert.equal(levels.length, 1);
  });
});
