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
  api,
  authAdmin,
  type Client,
  FUNCTIONS_URL,
  localInstance,
  makeSignedIn,
  makeUser,
  openClient,
  outcome,
  signIn,
  uniqueEmail,
  until,
} from '../helpers/emulator.ts';

const PASSWORD = 'ada ada ada';

/** The project has Identity Platform, and only acme.com may sign up. */
describe('blocking functions', function () {
  this.timeout(30_000);

  async function signUp(email: string): Promise<Client> {
    const opened = openClient();
    await createUserWithEmailAndPassword(opened.auth, email, PASSWORD);
    return opened;
  }

  /** Google vouches for the address. The emulator takes the claims of an ID token as JSON. */
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

  /** Who may look into the record; of the domain, or they could not sign in without being asked about. */
  async function recordOf(query: string) {
    const auditor = await makeSignedIn(['auditor'], { email: uniqueEmail('acme.com') });
    const { status, body } = await api(`GET /audit?${query}`, { token: auditor.idToken });
    assert.equal(status, 200);
    return body.events;
  }

  /** Sets a user's entry past all rules and without a word to Firebase Auth: as a process leaves it that dies then. */
  async function leave(uid: string, change: Partial<DirectoryEntry>): Promise<void> {
    await localInstance.directory.change({ uid }, ({ entry }) => {
      assert.ok(entry);
      return { entry: { ...entry, ...change } };
    });
  }

  /** Somebody whom the directory does not know. */
  async function importOld(email: string, customClaims: object): Promise<{ readonly uid: string }> {
    const uid = randomUUID();
    await authAdmin.importUsers([{ uid, email, emailVerified: true, customClaims }]);
    await authAdmin.updateUser(uid, { password: 'correct horse' });
    return { uid };
  }

  const grantOf = (role: Role) => ({ role, grantedBy: 'test', grantedAt: 1 });

  it('let somebody of the domain sign up, without rights until the e-mail is verified', async () => {
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
    const [event] = await recordOf(`target=${uid}`);
    assert.deepEqual([event.action, event.actor], ['roles.default', 'system']);
  });

  it('give the default role in the very first token to whom Google vouches for', async () => {
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
    it(`refuse ${domain}, by password and by Google, and nothing is created`, async () => {
      const [email, other] = [uniqueEmail(domain), uniqueEmail(domain)];
      await assert.rejects(signUp(email), /Sign-up is not open to this e-mail address/);
      await assert.rejects(signInWithGoogle(other), /Sign-up is not open to this e-mail address/);
      await assert.rejects(authAdmin.getUserByEmail(email), { code: 'auth/user-not-found' });
      await assert.rejects(authAdmin.getUserByEmail(other), { code: 'auth/user-not-found' });
    });
  }

  it('record whom they refuse, without their address', async () => {
    const from = new Date().toISOString();
    const email = uniqueEmail('evil.com');
    await assert.rejects(signUp(email), /Sign-up is not open/);
    const events = await recordOf(`action=user.create&from=${encodeURIComponent(from)}`);
    assert.ok(events.length > 0);
    const [{ outcome, actor, target, reason }] = events;
    assert.deepEqual(
      [outcome, actor, reason],
      ['refused', target, 'sign-up is not open to this e-mail address'],
    );
    assert.ok(!JSON.stringify(events).includes(email));
  });

  it('bring claims in line that were never written', async () => {
    const email = uniqueEmail('acme.com');
    const { uid } = await makeUser(['member'], { email, claims: { tenantPlan: 'x' } });
    await leave(uid, { grants: [grantOf('support')], rolesVersion: 2, pending: ['claims'] });
    const opened = await signIn(email);
    const me = await api('GET /me', { token: await opened.token() });
    assert.deepEqual([me.status, me.body.roles], [200, ['support']]);
    assert.deepEqual(await claimsOf(email), { tenantPlan: 'x', roles: ['support'], rv: 2 });
  });

  it('bring claims in line that somebody wrote past Gatehouse', async () => {
    const email = uniqueEmail('acme.com');
    const { uid } = await makeUser(['member'], { email });
    await authAdmin.setCustomUserClaims(uid, { roles: ['owner'], rv: 7 });
    assert.deepEqual(await rolesOf(await signIn(email)), ['member']);
    assert.deepEqual(await claimsOf(email), { roles: ['member'], rv: 1 });
  });

  it('keep out who is disabled in the directory, before Firebase Auth knows of it', async () => {
    const email = uniqueEmail('acme.com');
    const { uid } = await makeUser(['member'], { email });
    await leave(uid, { disabled: true, pending: ['disabled'] });
    await assert.rejects(signIn(email), /This account is disabled/);
    const [{ action, outcome, reason }] = await recordOf(`target=${uid}`);
    assert.deepEqual([action, outcome, reason], ['user.sign-in', 'refused', 'disabled']);
  });

  it('read the domain in any case', async () => {
    const email = uniqueEmail('acme.com');
    await signUp(email.replace('acme.com', 'ACME.COM'));
    assert.equal((await authAdmin.getUserByEmail(email)).disabled, false);
  });

  it('do not give back what was taken away, at the next sign-in', async () => {
    const email = uniqueEmail('acme.com');
    const { uid } = await makeUser([], { email });
    assert.deepEqual(await rolesOf(await signIn(email)), []);
    assert.deepEqual((await authAdmin.getUser(uid)).customClaims, { roles: [], rv: 1 });
  });

  it('keep the roles and the claims of others at a sign-in', async () => {
    const email = uniqueEmail('acme.com');
    await makeUser(['support'], { email, claims: { tenantPlan: 'x' } });
    assert.deepEqual(await rolesOf(await signIn(email)), ['support']);
    assert.deepEqual(await claimsOf(email), { tenantPlan: 'x', roles: ['support'], rv: 1 });
  });

  it('give the default role beside the claims of others, to who was there before Gatehouse', async () => {
    const email = uniqueEmail('acme.com');
    const { uid } = await importOld(email, { tenantPlan: 'x', roles: ['king'] });
    assert.deepEqual(await rolesOf(await signIn(email)), ['member']);
    assert.deepEqual(await claimsOf(email), { tenantPlan: 'x', roles: ['member'], rv: 1 });
    assert.equal((await localInstance.users.get(uid)).version, 1);
  });

  it('give no role to whom an operator made with an address of another domain', async () => {
    const email = uniqueEmail('example.com');
    await importOld(email, {});
    assert.deepEqual(await rolesOf(await signIn(email)), []);
  });

  it('leave anonymous users without rights: Firebase does not ask about them', async () => {
    const opened = openClient();
    await signInAnonymously(opened.auth);
    assert.deepEqual(await rolesOf(opened), []);
  });

  it('give no rights to who turns an anonymous account into one of another domain', async () => {
    const [opened, email] = [openClient(), uniqueEmail('evil.com')];
    const { user } = await signInAnonymously(opened.auth);
    await linkWithCredential(user, EmailAuthProvider.credential(email, PASSWORD));
    await authAdmin.updateUser(user.uid, { emailVerified: true });
    assert.deepEqual(await rolesOf(await signIn(email, PASSWORD)), []);
  });

  it('keep a disabled account out', async () => {
    const email = uniqueEmail('acme.com');
    const { uid } = await makeUser(['member'], { email });
    await authAdmin.updateUser(uid, { disabled: true });
    await assert.rejects(signIn(email), { code: 'auth/user-disabled' });
  });

  it('are deployed beside the events that keep the directory', async () => {
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
