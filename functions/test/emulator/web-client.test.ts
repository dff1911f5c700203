import assert from 'node:assert/strict';
import { deleteApp, type FirebaseApp, initializeApp } from 'firebase/app';
import {
  connectAuthEmulator,
  createUserWithEmailAndPassword,
  getAuth,
  signInWithEmailAndPassword,
} from 'firebase/auth';
import { connectFunctionsEmulator, getFunctions } from 'firebase/functions';
import {
  AUTH_HOST,
  FUNCTIONS_URL,
  HOSTING_URL,
  makeSignedIn,
  makeUser,
  PASSWORD,
  PROJECT,
  setRoles,
  uniqueEmail,
  until,
} from '../helpers/emulator.ts';
import { itWithNotes } from '../helpers/notes.ts';
import { loadWebClient, type WebClient } from '../helpers/web-client.ts';

/** The functions of docs/guides/web-client.md with the Firebase SDK, as a page of the Hosting site uses them. */
describe('the web client of the guide', function () {
  this.timeout(60_000);
  const { fetch } = globalThis;
  let app: FirebaseApp;
  let client: WebClient;

  before(async () => {
    client = await loadWebClient();
    globalThis.fetch = (input, init) =>
      fetch(typeof input === 'string' && input.startsWith('/') ? HOSTING_URL + input : input, init);
  });
  after(() => {
    globalThis.fetch = fetch;
  });

  beforeEach(() => {
    app = initializeApp({ apiKey: 'emulator', projectId: PROJECT });
    connectAuthEmulator(getAuth(), `http://${AUTH_HOST}`, { disableWarnings: true });
    const { hostname, port } = new URL(FUNCTIONS_URL);
    connectFunctionsEmulator(getFunctions(), hostname, Number(port));
  });
  afterEach(() => deleteApp(app));

  const writeNote = () =>
    client.api('/notes', { method: 'POST', body: JSON.stringify({ title: 'Buy milk', body: '' }) });

  itWithNotes('writes a note at once after the sign-up', async () => {
    await createUserWithEmailAndPassword(getAuth(), uniqueEmail(), PASSWORD);
    const response = await writeNote();
    assert.equal(response.status, 201, await response.text());
  });

  it('calls a callable at once after the sign-up', async () => {
    await createUserWithEmailAndPassword(getAuth(), uniqueEmail(), PASSWORD);
    const access = (await client.callFunction('getMyAccess')) as { roles: string[] };
    assert.deepEqual(access.roles, ['member']);
  });

  it('goes on with a new token after a role change', async () => {
    const { uid, email } = await makeUser(['member']);
    await signInWithEmailAndPassword(getAuth(), email, PASSWORD);
    assert.equal((await client.api('/users')).status, 403);
    const owner = await makeSignedIn(['owner']);
    assert.equal((await setRoles(owner.idToken, uid, ['support'])).status, 200);
    await until('the new role', async () => (await client.api('/users')).ok || undefined);
    const page = (await client.callFunction('listUsers', { email })) as { users: object[] };
    assert.equal(page.users.length, 1);
  });
});
