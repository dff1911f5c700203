import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import {
  type AuthCredential,
  createUserWithEmailAndPassword,
  FacebookAuthProvider,
  GithubAuthProvider,
  GoogleAuthProvider,
  OAuthProvider,
  sendEmailVerification,
  signInAnonymously,
  signInWithCredential,
  signInWithCustomToken,
} from 'firebase/auth';
import supertest from 'supertest';
import { EVERY_SIGN_IN, type SignInPolicy } from '../../src/authn/sign-in-policy.ts';
import { loadConfig } from '../../src/config.ts';
import { createApp } from '../../src/http/app.ts';
import {
  AUTH_HOST,
  adminApp,
  api,
  authAdmin,
  type Client,
  openClient,
  outcome,
  PASSWORD,
  PROJECT,
  uniqueEmail,
} from '../helpers/emulator.ts';
import { recordingLog } from '../helpers/log.ts';
import { openInstance } from '../helpers/open-instance.ts';

/** What the emulator takes as the token of a provider. */
const tokenOf = (email: string) => JSON.stringify({ sub: email, email, email_verified: true });
const oauth = (providerId: string) => (email: string) =>
  new OAuthProvider(providerId).credential({ idToken: tokenOf(email) });

/** The policy of this project: every provider here but GitHub, no custom tokens, anonymous users. */
describe('sign-in policy', function () {
  this.timeout(60_000);

  async function signInWith(credential: AuthCredential): Promise<Client> {
    const opened = openClient();
    await signInWithCredential(opened.auth, credential);
    return opened;
  }
  const github = (email: string) => GithubAuthProvider.credential(tokenOf(email));
  const me = async (client: Client) => api('GET /me', { token: await client.token() });

  const allowed: Record<string, (email: string) => AuthCredential> = {
    'google.com': (email) => GoogleAuthProvider.credential(tokenOf(email)),
    'facebook.com': (email) => FacebookAuthProvider.credential(tokenOf(email)),
    'apple.com': oauth('apple.com'),
    'microsoft.com': oauth('microsoft.com'),
    'oidc.acme': oauth('oidc.acme'),
  };
  for (const [provider, credentialOf] of Object.entries(allowed)) {
    it(`lets ${provider} sign up and in again, with the default role`, async () => {
      const email = uniqueEmail('acme.com');
      for (const _time of ['sign-up', 'sign-in']) {
        const answer = await me(await signInWith(credentialOf(email)));
        assert.equal(outcome(answer), '200');
        assert.deepEqual(answer.body.roles, ['member']);
      }
    });
  }

  it('refuses a sign-up with another provider, and creates no account', async () => {
    const email = uniqueEmail('acme.com');
    const refusal = { code: 'auth/internal-error', message: /This sign-in provider is not allowed/ };
    await assert.rejects(signInWith(github(email)), refusal);
    await assert.rejects(authAdmin.getUserByEmail(email), { code: 'auth/user-not-found' });
  });

  it('refuses a sign-in with another provider to an account that has it', async () => {
    const [uid, email] = [randomUUID(), uniqueEmail('acme.com')];
    const providerData = [{ providerId: 'github.com', uid: email, email }];
    await authAdmin.importUsers([{ uid, email, emailVerified: true, providerData }]);
    await assert.rejects(signInWith(github(email)), /This sign-in provider is not allowed/);
  });

  it('refuses the requests of a custom token, for which no blocking function runs', async () => {
    const client = openClient();
    await signInWithCustomToken(client.auth, await authAdmin.createCustomToken(randomUUID()));
    const answer = await me(client);
    assert.equal(outcome(answer), '403 sign_in_not_allowed');
    assert.match(answer.body.detail, /provider is not allowed/);
  });

  describe('of an instance with other rules', () => {
    /** In this process, with real tokens of the emulator. */
    function open(signIn: Partial<SignInPolicy>) {
      const { log, lines } = recordingLog();
      const env = { ...process.env, GCLOUD_PROJECT: PROJECT, FUNCTIONS_EMULATOR: 'true' };
      const config = { ...loadConfig(env), signIn: { ...EVERY_SIGN_IN, anonymous: false, ...signIn } };
      const app = createApp(openInstance(config, { app: adminApp, log }));
      return {
        lines,
        async me(client: Client, refresh = false) {
          const token = await client.token(refresh);
          const { status, body } = await supertest(app).get('/v1/me').auth(token, { type: 'bearer' });
          return { status, code: body.code };
        },
      };
    }
    const REFUSED = { status: 403, code: 'sign_in_not_allowed' };
    const ALLOWED = { status: 200, code: undefined };

    it('refuses anonymous users, for whom no blocking function runs', async () => {
      const client = openClient();
      await signInAnonymously(client.auth);
      const instance = open({});
      assert.deepEqual(await instance.me(client), REFUSED);
      assert.equal(instance.lines.at(-1)?.reason, 'anonymous-not-allowed');
      assert.deepEqual(await open({ anonymous: true }).me(client), ALLOWED);
    });

    it('allows a new user as soon as the address is verified by the mail of Firebase', async () => {
      const email = uniqueEmail('acme.com');
      const client = openClient();
      const { user } = await createUserWithEmailAndPassword(client.auth, email, PASSWORD);
      const instance = open({ emailDomains: ['acme.com'] });
      assert.deepEqual(await instance.me(client), REFUSED);
      assert.equal(instance.lines.at(-1)?.reason, 'email-not-verified');
      await sendEmailVerification(user);
      assert.equal((await fetch(await linkInMail(email))).status, 200);
      assert.deepEqual(await instance.me(client), REFUSED, 'the old token');
      assert.deepEqual(await instance.me(client, true), ALLOWED);
    });
  });
});

/** The link in the last mail that the Auth emulator would have sent. */
async function linkInMail(address: string): Promise<string> {
  const response = await fetch(`http://${AUTH_HOST}/emulator/v1/projects/${PROJECT}/oobCodes`);
  const { oobCodes } = (await response.json()) as { oobCodes: { email: string; oobLink: string }[] };
  return oobCodes.findLast(({ email }) => email === address)?.oobLink ?? assert.fail('no mail');
}
