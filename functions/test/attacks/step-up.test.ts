import assert from 'node:assert/strict';
import { type Api, claimsOf, openApi } from '../helpers/api.ts';
import { type AuthenticatorApp, enrolApp } from '../helpers/authenticator-app.ts';
import { mintIdToken } from '../helpers/google.ts';
import type { SessionBrowser } from '../helpers/session-browser.ts';
import { createMovableClock } from '../helpers/test-directory.ts';
import { pagesOf } from './session-pages.ts';

/** Attempts to have what another sign-in of the user has proved. As in production: RS256 tokens, real HTTP. */
describe('a step-up, attacked', () => {
  let api: Api;
  let app: AuthenticatorApp;
  const clock = createMovableClock();
  const now = () => Math.floor(clock() / 1000);
  const { browser } = pagesOf(() => api);
  const privileged = { body: { disabled: true } };

  beforeEach(async () => {
    api = await openApi({ clock });
    await api.deps.users.get('admin'); // provisions the entry
    app = await enrolApp(await clientOf(20), clock);
  });
  afterEach(() => api.close());

  /** A client of `admin`, with a token of a sign-in that many seconds ago. */
  async function clientOf(ago: number, claims: object = {}) {
    const times = { auth_time: now() - ago, iat: now(), exp: now() + 3600 };
    const token = await mintIdToken({ ...claimsOf('admin'), ...times, ...claims });
    const headers = { Authorization: `Bearer ${token}` };
    return (route: string, body?: object) => browser().send(route, { headers, ...(body && { body }) });
  }

  async function signedIn(ago: number): Promise<SessionBrowser> {
    const opened = browser();
    const times = { auth_time: now() - ago, iat: now(), exp: now() + 3600 };
    await opened.signIn(await mintIdToken({ ...claimsOf('admin'), ...times }));
    return opened;
  }
  const isRaised = async (send: (route: string) => Promise<{ code?: string }>) =>
    (await send('PATCH /users/unknown')).code !== 'step_up_required';
  const ofToken = (client: Awaited<ReturnType<typeof clientOf>>) => () =>
    client('PATCH /users/unknown', privileged.body);
  const ofSession = (page: SessionBrowser) => () => page.send('PATCH /users/unknown', privileged);

  it('is needed to enrol a factor with a stolen session; a first factor needs a recent sign-in', async () => {
    const times = { auth_time: now() - 30, iat: now(), exp: now() + 3600 };
    const withoutFactor = browser();
    await withoutFactor.signIn(await mintIdToken({ ...claimsOf('member'), ...times }));
    const enrolments = ['POST /me/factors/totp', 'POST /me/factors/passkeys/options'];
    for (const route of enrolments) {
      assert.equal((await withoutFactor.send(route, { body: {} })).status, 200, route);
      const [page, client] = [await signedIn(30), await clientOf(30)];
      assert.equal((await page.send(route, { body: {} })).code, 'step_up_required', route);
      assert.equal((await client(route, {})).code, 'step_up_required', route);
    }
    clock.move(300_000);
    for (const route of enrolments)
      assert.equal((await withoutFactor.send(route, { body: {} })).code, 'step_up_required', route);
  });

  it('of a token is not used by another sign-in, by a session, or by another user', async () => {
    const [first, second, page] = [await clientOf(30), await clientOf(31), await signedIn(30)];
    assert.equal((await first('POST /me/step-up', { totp: await app.code() })).status, 200);
    assert.equal(await isRaised(ofToken(first)), true);
    assert.equal(await isRaised(ofToken(second)), false);
    assert.equal(await isRaised(ofSession(page)), false);
    const owner = { ...claimsOf('owner'), auth_time: now() - 30 };
    assert.equal((await (await clientOf(30, owner))('GET /me/factors')).status, 200);
    assert.equal(
      (await (await clientOf(30, owner))('POST /me/step-up', { totp: await app.code(1) })).code,
      'invalid_factor',
    );
  });

  it('of a session is not used by another session, or by the token that it began with', async () => {
    const [page, other, client] = [await signedIn(30), await signedIn(31), await clientOf(30)];
    assert.equal((await page.send('POST /me/step-up', { body: { totp: await app.code() } })).status, 200);
    assert.deepEqual(
      [await isRaised(ofSession(page)), await isRaised(ofSession(other)), await isRaised(ofToken(client))],
      [true, false, false],
    );
  });

  it('takes no code again: in another session, the next time step, or with a wrong clock', async () => {
    const [page, other] = [await signedIn(30), await signedIn(31)];
    const totp = await app.code();
    assert.equal((await page.send('POST /me/step-up', { body: { totp } })).status, 200);
    assert.equal((await other.send('POST /me/step-up', { body: { totp } })).code, 'invalid_factor');
    clock.move(30_000);
    assert.equal((await other.send('POST /me/step-up', { body: { totp } })).code, 'invalid_factor');
    for (const steps of [-2, 2]) {
      const code = await app.code(steps);
      assert.equal((await other.send('POST /me/step-up', { body: { totp: code } })).code, 'invalid_factor');
    }
    assert.equal(await isRaised(ofSession(other)), false);
    assert.equal((await other.send('POST /me/step-up', { body: { totp: await app.code(1) } })).status, 200);
  });

  it('takes a recovery code once, and one factor at a time', async () => {
    const [first, second] = [await clientOf(30), await clientOf(31)];
    const [recoveryCode] = app.recoveryCodes;
    const both = { recoveryCode, totp: await app.code() };
    for (const body of [{}, both])
      assert.equal((await first('POST /me/step-up', body)).code, 'invalid_argument');
    assert.equal((await first('POST /me/step-up', { recoveryCode })).status, 200);
    assert.equal((await second('POST /me/step-up', { recoveryCode })).code, 'invalid_factor');
    assert.deepEqual([await isRaised(ofToken(first)), await isRaised(ofToken(second))], [true, false]);
  });

  it('leaves no code used, and no session, when the session ends meanwhile', async () => {
    const page = await signedIn(30);
    const totp = await app.code();
    const [stepped] = await Promise.all([
      page.send('POST /me/step-up', { body: { totp } }),
      page.send('DELETE /sessions/current'),
    ]);
    assert.ok([200, 401, 409].includes(stepped.status), JSON.stringify(stepped.body));
    const left = (await api.firestore.db.collection('sessions').get()).size;
    assert.equal(left, 0);
    const again = await (await clientOf(30))('POST /me/step-up', { totp });
    assert.equal(again.status, stepped.status === 200 ? 403 : 200, JSON.stringify(again.body));
  });
});
