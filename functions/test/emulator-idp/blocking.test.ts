import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import {
  createUserWithEmailAndPassword,
  EmailAuthProvider,
  GoogleAuthProvider,
  linkWithCredential,
  signInAnonymously,
  signInWithCredential,
} from 'firebase/auth';
import type { Role } from '../../src/authz/roles.ts';
import type { DirectoryEntry } from '../../src/directory/entry.ts';
import {
  AUTH_HOST,
  api,
  authAdmin,
  type Client,
  FUNCTIONS_URL,
  localInstance,
  makeSignedIn,
  makeUser,
  openClient,
  outcome,
  PROJECT,
  signIn,
  uniqueEmail,
  until,
} from '../helpers/emulator.ts';
import { itWithNotes } from '../helpers/notes.ts';

const PASSWORD = 'ada ada ada';

/** The project has Identity Platform, and only acme.com may sign up. */
describe('blocking functions', function () {
  this.timeout(30_000);

  async function signUp(email: string): Promise<Client> {
    const opened = openClient();
    await createUserWithEmailAndPassword(opened.auth, email, PASSWORD);
    return opened;
  }

  /** Signs in with Google, which has verified the address. The emulator takes the claims of the ID token as JSON. */
  async function signInWithGoogle(email: string, emailVerified = true): Promise<Client> {
    const opened = openClient();
    const idToken = JSON.stringify({ sub: email, email, email_verified: emailVerified });
    await signInWithCredential(opened.auth, GoogleAuthProvider.credential(idToken));
    return opened;
  }

  async function rolesOf(opened: Client): Promise<unknown> {
    const me = await api('GET /me', { token: await opened.token(true) });
    assert.equal(outcome(me), '200');
    return me.body.roles;
  }

  async function claimsOf(email: string): Promise<unknown> {
    return (await authAdmin.getUserByEmail(email)).customClaims ?? {};
  }

  /** Reads the audit log as an auditor, with an address of the allowed domain so that they can sign in. */
  async function auditEventsOf(query: string) {
    const auditor = await makeSignedIn(['auditor'], { email: uniqueEmail('acme.com') });
    const { status, body } = await api(`GET /audit?${query}`, { token: auditor.idToken });
    assert.equal(status, 200);
    return body.events;
  }

  /** Changes a directory entry without syncing Firebase Auth, like a process that crashes after the commit. */
  async function commitOnly(uid: string, change: Partial<DirectoryEntry>): Promise<void> {
    await localInstance.directory.change({ uid }, ({ entry }) => {
      assert.ok(entry);
      return { entry: { ...entry, ...change } };
    });
  }

  /** Creates an account without a directory entry. */
  async function importAccount(email: string, customClaims: object): Promise<{ readonly uid: string }> {
    const uid = randomUUID();
    await authAdmin.importUsers([{ uid, email, emailVerified: true, customClaims }]);
    await authAdmin.updateUser(uid, { password: 'correct horse' });
    return { uid };
  }

  const grantOf = (role: Role) => ({ role, grantedBy: 'test', grantedAt: 1 });

  it('let a user of an allowed domain sign up, without roles until the e-mail is verified', async () => {
    const email = uniqueEmail('acme.com');
    const first = await signUp(email);
    assert.deepEqual(await rolesOf(first), []);
    assert.deepEqual(await claimsOf(email), {});
    assert.deepEqual(await rolesOf(await signIn(email, PASSWORD)), []);

    const { uid } = await authAdmin.getUserByEmail(email);
    await authAdmin.updateUser(uid, { emailVerified: true });
    assert.deepEqual(await rolesOf(await signIn(email, PASSWORD)), ['member']);
    assert.deepEqual(await claimsOf(email), { roles: ['member'], rv: 1 });
    const { grants, version, emailVerified, synced } = await localInstance.users.get(uid);
    assert.deepEqual([grants[0]?.role, grants.length, version, synced], ['member', 1, 1, true]);
    assert.equal(emailVerified, true);
    const [event] = await auditEventsOf(`target=${uid}`);
    assert.deepEqual([event.action, event.actor], ['roles.default', 'system']);
  });

  it('put the default role into the first token of a Google user', async () => {
    const email = uniqueEmail('acme.com');
    const opened = await signInWithGoogle(email);
    const me = await api('GET /me', { token: await opened.token() });
    assert.deepEqual(me.body.roles, ['member']);
    assert.deepEqual(await claimsOf(email), { roles: ['member'], rv: 1 });
    const { grants } = await until('the entry', () => localInstance.directory.find(me.body.uid));
    assert.deepEqual(
      grants.map(({ role }) => role),
      ['member'],
    );
  });

  for (const domain of ['acme.com.evil.com', 'notacme.com', 'sub.acme.com', 'example.com']) {
    it(`refuse ${domain}, by password and by Google, and create no account`, async () => {
      const [email, other] = [uniqueEmail(domain), uniqueEmail(domain)];
      await assert.rejects(signUp(email), /Sign-up is not open to this e-mail address/);
      await assert.rejects(signInWithGoogle(other), /Sign-up is not open to this e-mail address/);
      await assert.rejects(authAdmin.getUserByEmail(email), { code: 'auth/user-not-found' });
      await assert.rejects(authAdmin.getUserByEmail(other), { code: 'auth/user-not-found' });
    });
  }

  it('write an audit event for a refused sign-up, without the e-mail address', async () => {
    const from = new Date().toISOString();
    const email = uniqueEmail('evil.com');
    await assert.rejects(signUp(email), /Sign-up is not open/);
    const events = await auditEventsOf(`action=user.create&from=${encodeURIComponent(from)}`);
    assert.ok(events.length > 0);
    const [{ outcome, actor, target, reason }] = events;
    assert.deepEqual(
      [outcome, actor, reason],
      ['refused', target, 'sign-up is not open to this e-mail address'],
    );
    assert.ok(!JSON.stringify(events).includes(email));
  });

  it('write claims that are pending', async () => {
    const email = uniqueEmail('acme.com');
    const { uid } = await makeUser(['member'], { email, claims: { tenantPlan: 'x' } });
    await commitOnly(uid, { grants: [grantOf('support')], rolesVersion: 2, pending: ['claims'] });
    const opened = await signIn(email);
    const me = await api('GET /me', { token: await opened.token() });
    assert.deepEqual([me.status, me.body.roles], [200, ['support']]);
    assert.deepEqual(await claimsOf(email), { tenantPlan: 'x', roles: ['support'], rv: 2 });
  });

  it('repair claims that were changed outside Gatehouse', async () => {
    const email = uniqueEmail('acme.com');
    const { uid } = await makeUser(['member'], { email });
    await authAdmin.setCustomUserClaims(uid, { roles: ['owner'], rv: 7 });
    assert.deepEqual(await rolesOf(await signIn(email)), ['member']);
    assert.deepEqual(await claimsOf(email), { roles: ['member'], rv: 1 });
  });

  it('refuse a user who is disabled in the directory, but not yet in Firebase Auth', async () => {
    const email = uniqueEmail('acme.com');
    const { uid } = await makeUser(['member'], { email });
    await commitOnly(uid, { disabled: true, pending: ['disabled'] });
    await assert.rejects(signIn(email), /This account is disabled/);
    const [{ action, outcome, reason }] = await auditEventsOf(`target=${uid}`);
    assert.deepEqual([action, outcome, reason], ['user.sign-in', 'refused', 'disabled']);
  });

  it('compare the domain without regard to case', async () => {
    const email = uniqueEmail('acme.com');
    await signUp(email.replace('acme.com', 'ACME.COM'));
    assert.equal((await authAdmin.getUserByEmail(email)).disabled, false);
  });

  it('do not restore revoked roles at the next sign-in', async () => {
    const email = uniqueEmail('acme.com');
    const { uid } = await makeUser([], { email });
    assert.deepEqual(await rolesOf(await signIn(email)), []);
    assert.deepEqual((await authAdmin.getUser(uid)).customClaims, { roles: [], rv: 1 });
  });

  it('keep roles, and claims that Gatehouse does not manage, at a sign-in', async () => {
    const email = uniqueEmail('acme.com');
    await makeUser(['support'], { email, claims: { tenantPlan: 'x' } });
    assert.deepEqual(await rolesOf(await signIn(email)), ['support']);
    assert.deepEqual(await claimsOf(email), { tenantPlan: 'x', roles: ['support'], rv: 1 });
  });

  it('grant the default role to an account older than Gatehouse, and keep its other claims', async () => {
    const email = uniqueEmail('acme.com');
    const { uid } = await importAccount(email, { tenantPlan: 'x', roles: ['king'] });
    assert.deepEqual(await rolesOf(await signIn(email)), ['member']);
    assert.deepEqual(await claimsOf(email), { tenantPlan: 'x', roles: ['member'], rv: 1 });
    assert.equal((await localInstance.users.get(uid)).version, 1);
  });

  it('grant no role to an imported account of another domain', async () => {
    const email = uniqueEmail('example.com');
    await importAccount(email, {});
    assert.deepEqual(await rolesOf(await signIn(email)), []);
  });

  it('leave anonymous users without roles: Firebase does not call the functions for them', async () => {
    const opened = openClient();
    await signInAnonymously(opened.auth);
    assert.deepEqual(await rolesOf(opened), []);
  });

  it('grant no role to an anonymous user who links an address of another domain', async () => {
    const [opened, email] = [openClient(), uniqueEmail('evil.com')];
    const { user } = await signInAnonymously(opened.auth);
    await linkWithCredential(user, EmailAuthProvider.credential(email, PASSWORD));
    await authAdmin.updateUser(user.uid, { emailVerified: true });
    assert.deepEqual(await rolesOf(await signIn(email, PASSWORD)), []);
  });

  it('refuse a disabled account', async () => {
    const email = uniqueEmail('acme.com');
    const { uid } = await makeUser(['member'], { email });
    await authAdmin.updateUser(uid, { disabled: true });
    await assert.rejects(signIn(email), { code: 'auth/user-disabled' });
  });

  describe('where an address may have several accounts', () => {
    const setDuplicates = async (allowDuplicateEmails: boolean) => {
      const url = `http://${AUTH_HOST}/identitytoolkit.googleapis.com/v2/projects/${PROJECT}/config`;
      const { ok } = await fetch(`${url}?updateMask=signIn.allowDuplicateEmails`, {
        method: 'PATCH',
        headers: { Authorization: 'Bearer owner', 'Content-Type': 'application/json' },
        body: JSON.stringify({ signIn: { allowDuplicateEmails } }),
      });
      assert.ok(ok);
    };
    before(() => setDuplicates(true));
    after(() => setDuplicates(false));

    itWithNotes(
      'give the default role by the address that Google has verified, and find the user by it',
      async () => {
        const email = uniqueEmail('acme.com');
        const opened = await signInWithGoogle(email);
        const uid = opened.auth.currentUser?.uid ?? '';
        assert.equal((await authAdmin.getUser(uid)).email, undefined);
        const note = { token: await opened.token(), body: { title: 'Milk', body: '' } };
        assert.equal(outcome(await api('POST /notes', note)), '201');
        const support = await makeSignedIn(['support'], { email: uniqueEmail('acme.com') });
        const found = await api(`GET /users?email=${email}`, { token: support.idToken });
        assert.deepEqual(
          found.body.users.map((user: { uid: string }) => user.uid),
          [uid],
        );
      },
    );

    it('refuse a Google user of another domain', async () => {
      await assert.rejects(signInWithGoogle(uniqueEmail('evil.com')), /Sign-up is not open/);
    });
  });

  it('are deployed together with the Auth events that update the directory', async () => {
    const response = await fetch(`${new URL(FUNCTIONS_URL).origin}/backends`);
    const { backends } = (await response.json()) as {
      backends: { functionTriggers: { entryPoint: string }[] }[];
    };
    const names = backends.flatMap(({ functionTriggers }) => functionTriggers.map((one) => one.entryPoint));
    for (const name of ['beforeUserCreated', 'beforeUserSignedIn', 'onUserCreated', 'onUserDeleted']) {
      assert.ok(names.includes(name), names.join());
    }
  });
});
