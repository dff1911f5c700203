import assert from 'node:assert/strict';
import {
  createUserWithEmailAndPassword,
  EmailAuthProvider,
  GoogleAuthProvider,
  linkWithCredential,
  signInAnonymously,
  signInWithCredential,
} from 'firebase/auth';
import {
  api,
  authAdmin,
  type Client,
  FUNCTIONS_URL,
  makeUser,
  openClient,
  outcome,
  signIn,
  uniqueEmail,
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
  });

  it('give the default role in the very first token to whom Google vouches for', async () => {
    const email = uniqueEmail('acme.com');
    const opened = await signInWithGoogle(email);
    const me = await api('GET /me', { token: await opened.token() });
    assert.deepEqual(me.body.roles, ['member']);
    assert.deepEqual(await claimsOf(email), { roles: ['member'], rv: 1 });
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

  it('give the default role beside the claims of others', async () => {
    const email = uniqueEmail('acme.com');
    const { uid } = await makeUser([], { email });
    await authAdmin.setCustomUserClaims(uid, { tenantPlan: 'x' });
    assert.deepEqual(await rolesOf(await signIn(email)), ['member']);
    assert.deepEqual(await claimsOf(email), { tenantPlan: 'x', roles: ['member'], rv: 1 });
  });

  it('give no role to whom an operator made with an address of another domain', async () => {
    const email = uniqueEmail('example.com');
    const { uid } = await makeUser([], { email });
    await authAdmin.setCustomUserClaims(uid, null);
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

  it('are deployed instead of onUserCreated', async () => {
    const response = await fetch(`${new URL(FUNCTIONS_URL).origin}/backends`);
    const { backends } = (await response.json()) as {
      backends: { functionTriggers: { entryPoint: string }[] }[];
    };
    const names = backends.flatMap(({ functionTriggers }) => functionTriggers.map((one) => one.entryPoint));
    assert.ok(names.includes('beforeUserCreated') && names.includes('beforeUserSignedIn'), names.join());
    assert.ok(!names.includes('onUserCreated'), names.join());
  });
});
