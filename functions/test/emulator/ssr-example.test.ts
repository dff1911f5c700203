import assert from 'node:assert/strict';
import {
  AUTH_HOST,
  api,
  HOSTING_URL,
  makeSignedIn,
  type Person,
  PROJECT,
  setRoles,
  until,
} from '../helpers/emulator.ts';
import { installSsrExample, type SsrExample, type SsrServer } from '../helpers/ssr-example.ts';

/** examples/ssr as a process of its own, with the package as it is published, beside the API in the emulators. */
describe('the example of server rendering', function () {
  this.timeout(60_000);
  let example: SsrExample;
  let server: SsrServer;
  const { FIRESTORE_EMULATOR_HOST = '' } = process.env;
  const emulators = {
    FUNCTIONS_EMULATOR: 'true',
    GCLOUD_PROJECT: PROJECT,
    FIREBASE_AUTH_EMULATOR_HOST: AUTH_HOST,
    FIRESTORE_EMULATOR_HOST,
    DATABASE_ID: '(default)',
    ACCESS_CHANGE_MAX_AGE: '1',
    API_URL: `${HOSTING_URL}/api/v1`,
  };

  before(async () => {
    example = installSsrExample();
    server = await example.start(emulators);
  });
  after(() => example.close());

  /** The title of a page, and its status. @param cookie the header */
  async function open(path: string, cookie?: string, { url } = server) {
    const answer = await fetch(url + path, { headers: { ...(cookie && { cookie }) } });
    const html = await answer.text();
    const title = /<h1>(.*)<\/h1>/.exec(html)?.[1];
    return { status: answer.status, title, html, headers: answer.headers };
  }

  async function signedIn(
    roles: Parameters<typeof makeSignedIn>[0],
    email?: string,
  ): Promise<Person & { readonly cookie: string }> {
    const person = await makeSignedIn(roles, { ...(email && { email }) });
    const { status, headers } = await api('POST /sessions', { token: person.idToken });
    assert.equal(status, 200);
    return { ...person, cookie: headers.getSetCookie()[0]?.split(';')[0] ?? '' };
  }

  it('shows the sign-in page without a session, and stores it nowhere', async () => {
    for (const cookie of [undefined, '__session=', `__session=gs1_${'A'.repeat(43)}`, 'theme=dark']) {
      const { status, title, headers } = await open('/', cookie);
      assert.deepEqual([status, title], [401, 'Sign in'], cookie);
      assert.equal(headers.get('Cache-Control'), 'private, no-store');
    }
  });

  it('renders a page for each user, by the cookie that the API set', async () => {
    const [ada, bob] = await Promise.all([signedIn(['member']), signedIn(['auditor'])]);
    const pages = await Promise.all([open('/', ada.cookie), open('/', `theme=dark; ${bob.cookie}`)]);
    assert.deepEqual(
      pages.map(({ status, title, headers }) => [status, title, headers.get('Cache-Control')]),
      [ada, bob].map(({ email }) => [200, `Hello ${email}`, 'private, no-store']),
    );
    assert.match(pages[1]?.html ?? '', /<li>auditor<\/li>/);
  });

  it('does not let an address become markup', async () => {
    const { cookie } = await signedIn(['member'], `o'neil&sons-${Date.now()}@example.com`);
    assert.match((await open('/', cookie)).title ?? '', /^Hello o&#39;neil&amp;sons-\d+@example\.com$/);
  });

  it('shows a page that needs a permission to those who have it', async () => {
    const [member, support] = await Promise.all([signedIn(['member']), signedIn(['support'])]);
    assert.equal((await open('/users')).status, 401);
    assert.equal((await open('/users', member.cookie)).status, 403);
    const { status, title } = await open('/users', support.cookie);
    assert.deepEqual([status, title], [200, 'Users']);
  });

  it('learns of a role change, a revocation and a sign-out from the API', async () => {
    const owner = await makeSignedIn(['owner']);
    const [ada, bob] = await Promise.all([signedIn(['member']), signedIn(['member'])]);
    const hasPage = async (title: string, cookie: string) =>
      (await open('/', cookie)).html.includes(title) || undefined;
    for (const { cookie, email } of [ada, bob]) assert.ok(await hasPage(`Hello ${email}`, cookie));

    assert.equal((await setRoles(owner.idToken, ada.uid, ['support'])).status, 200);
    await until('the new role', () => hasPage('<li>support</li>', ada.cookie));
    assert.equal((await api(`POST /users/${ada.uid}/revoke`, { token: owner.idToken })).status, 200);
    await until('the revocation', () => hasPage('Sign in', ada.cookie));

    const { body } = await api('GET /sessions/current', { headers: { cookie: bob.cookie } });
    const headers = { cookie: bob.cookie, 'X-CSRF-Token': body.csrfToken, Origin: HOSTING_URL };
    assert.equal((await api('DELETE /sessions/current', { headers })).status, 204);
    await until('the sign-out', () => hasPage('Sign in', bob.cookie));
  });

  it('shows an error, not the sign-in page, when Firestore does not answer', async () => {
    const { cookie } = await signedIn(['member']);
    const cutOff = await example.start({ ...emulators, FIRESTORE_EMULATOR_HOST: '127.0.0.1:1' });
    const { status, title } = await open('/', cookie, cutOff);
    assert.deepEqual([status, title], [503, 'Not available']);
    assert.doesNotMatch(cutOff.output(), /gs1_/);
  });

  it('finds the project on App Hosting, and refuses the variables of the emulators there', async () => {
    const FIREBASE_CONFIG = '{"projectId":"shop"}';
    const appHosting = {
      FIREBASE_CONFIG,
      K_SERVICE: 'site',
      K_CONFIGURATION: 'site',
      API_URL: 'https://a.b',
    };
    const started = await example.start(appHosting);
    assert.equal((await open('/', undefined, started)).status, 401);
    const debugging = await example.start({ ...appHosting, FIREBASE_AUTH_EMULATOR_HOST: AUTH_HOST });
    assert.equal((await open('/', undefined, debugging)).status, 503);
    assert.match(debugging.output(), /refuses to start in production with FIREBASE_AUTH_EMULATOR_HOST/);
  });
});
