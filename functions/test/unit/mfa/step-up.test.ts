import assert from 'node:assert/strict';
import type { Principal, PrincipalActor } from '../../../src/authz/principal.ts';
import { invalidToken } from '../../../src/core/errors.ts';
import { createStepUp } from '../../../src/mfa/step-up.ts';
import type { TransactionPart } from '../../../src/platform/firestore/transaction.ts';
import { openSessions, reasonOf, type TestSessions } from '../../helpers/sessions.ts';

let test: TestSessions;
let instance: ReturnType<typeof open>;

/** A code that can be used once, in a document. */
const useCode: TransactionPart = async ({ db }, tx) => {
  const ref = db.doc('codes/1');
  if ((await tx.get(ref)).exists) throw invalidToken('unknown-session');
  return () => tx.create(ref, { used: true });
};
const isUsed = async () => (await test.access.all('codes')).length === 1;
const again: TransactionPart = async () => () => undefined;

/** The step-ups of one instance, which counts its reads of documents. */
function open(access: ReturnType<TestSessions['access']['another']> = test.access, sessions = test.sessions) {
  let reads = 0;
  const firestore = async () => {
    reads++;
    return access.platform.firestore();
  };
  const { audit, directory } = access;
  const needs = { audit, directory, sessions, hasRecoveryCodes: async () => true };
  const { stepUp, secondFactors } = createStepUp({ ...access.platform, firestore }, needs);
  return {
    secondFactors,
    stepUp: (
      actor: PrincipalActor,
      { part = useCode, cookie }: { part?: TransactionPart; cookie?: string } = {},
    ) => stepUp(actor, cookie, async () => ({ method: 'totp', part })),
    find: async ({ principal }: PrincipalActor, { rolesVersion = 1, fresh = false, since = 0 } = {}) =>
      secondFactors.findStepUp(principal, rolesVersion, { fresh, since }),
    reads: () => reads,
  };
}

const versionOf = async (uid: string) => (await test.access.directory.find(uid))?.rolesVersion ?? 0;

describe('a step-up of bearer tokens', () => {
  beforeEach(async () => {
    test = await openSessions();
    await test.create('bob');
    instance = open();
  });
  afterEach(() => test.close());

  const signIn = (facts: Partial<Principal> = {}) => test.signIn('bob', facts);

  it('counts for the tokens of the sign-in, on every instance, with an audit event', async () => {
    const [actor, rolesVersion] = [signIn(), await versionOf('bob')];
    assert.equal(await instance.find(actor, { rolesVersion }), undefined);
    const { assurance } = await instance.stepUp(actor);
    assert.deepEqual(assurance, { level: 'aal2', at: test.now(), methods: ['password', 'totp'] });
    for (const one of [instance, open(test.access.another())])
      assert.deepEqual(await one.find(actor, { rolesVersion }), { ...assurance, methods: ['totp'] });
    assert.equal(await isUsed(), true);
    const event = (await test.access.all('auditEvents')).find(({ action }) => action === 'mfa.step-up');
    assert.deepEqual(
      [event?.actor, event?.target, event?.outcome, event?.after],
      ['bob', 'bob', 'done', { methods: ['totp'] }],
    );
  });

  it('does not count for another sign-in, another user, or a token of an earlier sign-in', async () => {
    const rolesVersion = await versionOf('bob');
    await instance.stepUp(signIn());
    const at = test.now();
    const others = [
      signIn({ authTime: at - 1, assurance: { level: 'aal1', at: at - 1, methods: [] } }),
      // A Firebase token that a session of the same sign-in has given.
      signIn({ assurance: { level: 'aal1', at: undefined, methods: [] } }),
      signIn({ issuer: 'https://login.example.com' }),
      test.signIn('olga'),
    ];
    for (const other of others) assert.equal(await instance.find(other, { rolesVersion }), undefined);
  });

  it('is found in memory, where it is not too old; a missing one never is', async () => {
    const [actor, rolesVersion] = [signIn(), await versionOf('bob')];
    const other = open(test.access.another());
    await other.find(actor, { rolesVersion });
    await instance.stepUp(actor);
    assert.notEqual(await other.find(actor, { rolesVersion }), undefined);
    const before = other.reads();
    assert.notEqual(await other.find(actor, { rolesVersion }), undefined);
    assert.equal(other.reads(), before);
    await other.find(actor, { rolesVersion, fresh: true });
    assert.equal(other.reads(), before + 1);
    test.wait(100);
    await instance.stepUp(actor, { part: again });
    const found = await other.find(actor, { rolesVersion, since: test.now() - 10 });
    assert.equal(found?.at, test.now());
  });

  it('ends with a role change, and after twelve hours', async () => {
    const [actor, rolesVersion] = [signIn(), await versionOf('bob')];
    await instance.stepUp(actor);
    await test.setRoles('bob', ['support']);
    const changed = await versionOf('bob');
    assert.equal(await instance.find(actor, { rolesVersion: changed }), undefined);
    await instance.stepUp(actor, { part: again });
    assert.notEqual(await instance.find(actor, { rolesVersion: changed }), undefined);
    assert.equal(await instance.find(actor, { rolesVersion }), undefined);
    test.wait(43_199);
    assert.notEqual(await instance.find(actor, { rolesVersion: changed }), undefined);
    test.wait(1);
    assert.equal(await instance.find(actor, { rolesVersion: changed }), undefined);
  });

  it('is deleted with the user, and forgotten by every instance within ten minutes', async () => {
    const [actor, rolesVersion] = [signIn(), await versionOf('bob')];
    const other = open(test.access.another());
    await instance.stepUp(actor);
    assert.notEqual(await other.find(actor, { rolesVersion }), undefined);
    const by = { kind: 'operator', requestId: 'r' } as const;
    await test.access.changeAccess(by, { uid: 'bob', action: 'user.delete' }, () => ({ remove: true }));
    assert.deepEqual(await test.access.all('stepUps'), []);
    test.wait(600);
    for (const one of [instance, other]) assert.equal(await one.find(actor, { rolesVersion }), undefined);
  });

  it('uses no code for a revoked sign-in, a disabled user, or one without an entry', async () => {
    const actor = signIn();
    test.wait(1);
    await test.revoke('bob');
    assert.equal(await reasonOf(instance.stepUp(actor)), 'revoked');
    assert.equal(await reasonOf(instance.stepUp(test.signIn('unknown'))), 'no-directory-entry');
    const by = { kind: 'operator', requestId: 'r' } as const;
    await test.access.changeAccess(by, { uid: 'bob', action: 'user.disable' }, () => ({ disabled: true }));
    assert.equal(await reasonOf(instance.stepUp(signIn())), 'account-disabled');
    assert.equal(await isUsed(), false);
  });

  it('is refused for a service, and for a token that another party uses for its user', async () => {
    for (const [reason, facts] of [
      ['service-token', { kind: 'service' }],
      ['delegated-token', { actor: { subject: 'a' } }],
    ] as const) {
      const actor = signIn(facts);
      assert.equal(await reasonOf(instance.stepUp(actor)), reason);
      assert.equal(await instance.find(actor), undefined);
      assert.deepEqual(await instance.secondFactors.provableFactors(actor.principal), []);
    }
    const refused = (await test.access.all('auditEvents')).filter(({ outcome }) => outcome === 'refused');
    assert.deepEqual(refused.map(({ action, reason }) => [action, reason]).toSorted(), [
      ['mfa.step-up', 'delegated-token'],
      ['mfa.step-up', 'service-token'],
    ]);
  });

  it('takes one code once, of twenty sign-ins on two instances', async () => {
    const other = open(test.access.another());
    const actors = Array.from({ length: 20 }, (_, ago) => {
      const at = test.now() - ago;
      return signIn({ authTime: at, assurance: { level: 'aal1', at, methods: ['password'] } });
    });
    const results = await Promise.allSettled(
      actors.map((actor, index) => (index % 2 ? other : instance).stepUp(actor)),
    );
    assert.equal(results.filter(({ status }) => status === 'fulfilled').length, 1);
    assert.equal((await test.access.all('stepUps')).length, 1);
  });

  it('is taken over by a session that begins with its token, and ends with a role change there', async () => {
    await test.access.firestore.db.doc('directory/bob').update({ factors: ['totp'] });
    const actor = signIn();
    const { assurance } = await instance.stepUp(actor);
    const { session, value } = await test.sessions.create(actor, { replaces: [] });
    assert.deepEqual(session.assurance, assurance);
    const later = signIn({
      authTime: test.now() - 1,
      assurance: { level: 'aal1', at: test.now() - 1, methods: [] },
    });
    assert.equal((await test.sessions.create(later, { replaces: [] })).session.assurance.level, 'aal1');
    await test.setRoles('bob', ['support']);
    assert.equal((await test.read(value)).session.assurance.level, 'aal1');
  });

  it('raises the session of the cookie alone where the caller has one', async () => {
    const { value, session } = await test.create('bob');
    const actor = signIn({ credential: 'session-cookie', session: { id: session.id } });
    const raised = await instance.stepUp(actor, { cookie: value });
    assert.equal(raised.assurance.level, 'aal2');
    assert.equal((await test.read(raised.session?.value ?? '')).session.assurance.level, 'aal2');
    assert.deepEqual(await test.access.all('stepUps'), []);
    // A cookie beside a token is not the credential.
    const beside = await instance.stepUp(signIn(), { cookie: value, part: again });
    assert.equal(beside.session, undefined);
  });

  it('names what the user can prove: recovery codes only beside a factor of Gatehouse', async () => {
    const provable = (name: string) => instance.secondFactors.provableFactors(test.signIn(name).principal);
    assert.deepEqual(await provable('bob'), []);
    await test.access.firestore.db.doc('directory/bob').update({ factors: ['totp', 'passkey'] });
    assert.deepEqual(await provable('bob'), ['totp', 'passkey', 'recovery-code']);
    assert.deepEqual(await provable('ada'), []);
  });
});
