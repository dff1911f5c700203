// A page in cookie mode, as docs/guides/token-storage.md has it, behind a proxy that strips cookies as Hosting does.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { BrowserContext } from 'playwright-core';
import { ageSessions, changeDirectory } from './directory-changes.ts';
import { type StoragePage, useStoragePages } from './storage-pages.ts';
import { OTHER_HOST } from './user-pages.ts';

const { CHROME_PATH, GCLOUD_PROJECT = '' } = process.env;
const SIGNED_IN = [200, 'demo-member'];

(CHROME_PATH ? describe : describe.skip)('a page in cookie mode', function () {
  this.timeout(60_000);
  const { origin, openProfile } = useStoragePages();

  /** Signs in as the demo member, with a new profile of the browser. */
  async function signedIn(): Promise<{ page: StoragePage; open: () => Promise<StoragePage> }> {
    const open = await openProfile('session');
    const page = await open();
    await page.signIn();
    return { page, open };
  }

  async function sessionCookie(context: BrowserContext) {
    const cookies = await context.cookies();
    assert.ok(cookies.length <= 1, 'a second cookie');
    return cookies[0];
  }

  /** The answer to a request with this cookie value, on another machine. */
  async function useElsewhere(value = '', headers: Record<string, string> = {}): Promise<number> {
    const cookie = `__session=${value}`;
    return (await fetch(`${origin()}/api/v1/me`, { headers: { ...headers, cookie } })).status;
  }

  const until = async (what: string, isDone: () => Promise<boolean>) => {
    const end = Date.now() + 15_000;
    while (!(await isDone())) {
      assert.ok(Date.now() < end, `not within 15 seconds: ${what}`);
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  };

  it('signs in, survives a reload and a new tab, and signs out of all tabs', async () => {
    const { page, open } = await signedIn();
    const { name, value, httpOnly, sameSite, path } = (await sessionCookie(page.context)) ?? {};
    assert.deepEqual(
      { name, httpOnly, sameSite, path },
      { name: '__session', httpOnly: true, sameSite: 'Lax', path: '/' },
    );
    assert.match(value ?? '', /^gs1_/);

    await page.reload();
    assert.ok(await page.run('app.currentSession()'));
    assert.deepEqual(await page.me(), SIGNED_IN);
    const tab = await open();
    assert.deepEqual(await tab.me(), SIGNED_IN);
    await tab.run('app.currentSession()');
    await tab.run('app.signOut()');
    assert.equal(await sessionCookie(page.context), undefined);
    assert.deepEqual(await page.me(), [401, 'unauthenticated']);
    await page.reload();
    assert.equal(await page.run('app.currentSession()'), null);
    assert.equal(await useElsewhere(value), 401);
  });

  it('is extended by a request in the second half of the idle time, and ends after it', async () => {
    const wait = (hours: number) => ageSessions(GCLOUD_PROJECT, 'demo-member', hours * 3_600);
    const { page } = await signedIn();
    const signedInAt = await wait(7);
    assert.ok(await page.run('app.currentSession()'));
    const lastSeen = await wait(0);
    assert.ok(lastSeen >= signedInAt, `${signedInAt - lastSeen} seconds before the sign-in`);
    await page.run('app.signOut()');

    await page.signIn();
    await wait(13);
    assert.equal(await page.run('app.currentSession()'), null);
  });

  it('gets a new cookie value when its roles change, and goes on', async () => {
    const { page } = await signedIn();
    await page.me();
    const before = await sessionCookie(page.context);
    const support = { role: 'support', grantedBy: 'operator', grantedAt: 1 } as const;
    await changeDirectory(GCLOUD_PROJECT, { uid: 'demo-member', action: 'roles.set' }, { grants: [support] });
    await until('the new role', async () => {
      const status = await page.run<number>(`app.api('/users').then(({ status }) => status)`);
      return status === 200;
    });
    const after = await sessionCookie(page.context);
    assert.notEqual(after?.value, before?.value);
    const signOut = `app.api('/sessions/current', { method: 'DELETE' }).then(({ status }) => status)`;
    assert.equal(await page.run(signOut), 204); // with the CSRF token of before
  });

  it('ends on a device that another device has signed out, and only there', async () => {
    const [{ page: here }, { page: there }] = [await signedIn(), await signedIn()];
    assert.deepEqual(await there.me(), SIGNED_IN);
    const { id } = await there.run<{ id: string }>('app.currentSession()');
    const { sessions } = await here.run<{ sessions: { id: string; current: boolean; browser: string }[] }>(
      `app.api('/me/sessions').then((response) => response.json())`,
    );
    const found = sessions.find((session) => session.id === id);
    assert.equal(found?.current, false);
    assert.match(found?.browser ?? '', /^Chrom/);
    assert.equal(sessions.filter(({ current }) => current).length, 1);

    const end = `app.api('/me/sessions/${id}', { method: 'DELETE' }).then(({ status }) => status)`;
    assert.equal(await here.run(end), 204);
    await until('the end', async () => (await there.me())[0] === 401);
    assert.equal(await there.run('app.currentSession()'), null);
    assert.deepEqual(await here.me(), SIGNED_IN);
  });

  it('stays signed in when it signs out everywhere else', async () => {
    const [{ page: here }, { page: there }] = [await signedIn(), await signedIn()];
    assert.deepEqual(await there.me(), SIGNED_IN);
    const body = JSON.stringify({ except: 'current' });
    const revoke = `app.api('/me/revoke', { method: 'POST', body: '${body}' }).then(({ status }) => status)`;
    assert.equal(await here.run(revoke), 200);
    await until('the end', async () => (await there.me())[0] === 401);
    assert.deepEqual(await here.me(), SIGNED_IN);
  });

  it('gets a user of the Firebase SDK for Firestore', async () => {
    const { page } = await signedIn();
    await page.reload();
    await page.run('app.currentSession()');
    await page.run('app.signInToFirebase().then((user) => { globalThis.user = user; })');
    const claims = 'user.getIdTokenResult().then(({ claims }) => claims)';
    const { sub, roles } = await page.run<Record<string, unknown>>(claims);
    assert.deepEqual([sub, roles], ['demo-member', ['member']]);
    assert.deepEqual(await page.me(), SIGNED_IN);
    await page.run('app.signOut()');
    assert.equal(await page.run('user.auth.currentUser'), null);
  });

  it('learns from csrf_failed that another tab has signed in as another user', async () => {
    const { page, open } = await signedIn();
    const tab = await open();
    await tab.signIn('support');
    await assert.rejects(page.run('app.signOut()'), /csrf_failed/);
    assert.deepEqual(await tab.me(), [200, 'demo-support']);
    await page.reload();
    assert.deepEqual(await page.me(), [200, 'demo-support']);
  });

  it('gets a new session at each sign-in, and an older cookie is worth nothing', async () => {
    const { page } = await signedIn();
    const planted = await sessionCookie(page.context);
    await page.signIn();
    const current = await sessionCookie(page.context);
    assert.notEqual(current?.value, planted?.value);
    assert.deepEqual([await useElsewhere(planted?.value), await useElsewhere(current?.value)], [401, 200]);
  });

  it('gives an injected script nothing that works elsewhere, but lets it send requests', async () => {
    const { page } = await signedIn();
    await page.watch();
    assert.deepEqual(await page.me(), SIGNED_IN);
    await page.run('app.currentSession()');
    const stolen = (await page.watched()) + (await page.readAll());
    assert.doesNotMatch(stolen, /gs1_|eyJ|refreshToken/);
    const [csrfToken = ''] = stolen.match(/(?<="x-csrf-token",")[\w-]{43}/) ?? [];
    assert.notEqual(csrfToken, '');
    assert.equal(await useElsewhere('', { 'X-CSRF-Token': csrfToken }), 401);
  });

  describe('and a page of an attacker', () => {
    let server: Server;
    before(async () => {
      server = createServer((_request, response) =>
        response.setHeader('Content-Type', 'text/html').end('<p>Evil'),
      );
      await once(server.listen(0, '127.0.0.1'), 'listening');
    });
    after(() => server.close());

    /** Opens the attacker's page in the victim's browser. The same site: cookies know no ports. */
    async function openAttack(context: BrowserContext, host: string) {
      const page = await context.newPage();
      await page.goto(`http://${host}:${(server.address() as AddressInfo).port}`);
      return page;
    }
    const REVOKE = () => `${origin()}/api/v1/me/revoke`;
    const sendJson = (url: string) => `fetch('${url}', {
      method: 'POST', credentials: 'include', headers: { 'Content-Type': 'application/json' }, body: '{}',
    }).then(async (response) => [response.status, (await response.json()).code], String)`;

    it('of the same site cannot change anything without the CSRF token', async () => {
      const { page } = await signedIn();
      const attack = await openAttack(page.context, '127.0.0.1');
      assert.deepEqual(await attack.evaluate(sendJson(REVOKE())), [403, 'csrf_failed']);
      assert.deepEqual(await submitForm(attack, REVOKE()), [403, 'csrf_failed']);
      assert.deepEqual(await submitForm(attack, `${origin()}/api/v1/sessions`), [401, 'unauthenticated']);
      assert.deepEqual(await page.me(), SIGNED_IN);
    });

    it('of another site can neither send nor read anything', async () => {
      const { page } = await signedIn();
      const attack = await openAttack(page.context, OTHER_HOST);
      assert.equal(await attack.evaluate(sendJson(REVOKE())), 'TypeError: Failed to fetch');
      const read = `fetch('${origin()}/api/v1/sessions/current', { credentials: 'include' }).then(String, String)`;
      assert.equal(await attack.evaluate(read), 'TypeError: Failed to fetch');
      assert.deepEqual(await submitForm(attack, REVOKE()), [403, 'origin_denied']);
      assert.deepEqual(await page.me(), SIGNED_IN);
    });

    /** Submits a form, which needs no CORS, in a page of its own. */
    async function submitForm(attack: Awaited<ReturnType<typeof openAttack>>, url: string) {
      const [response] = await Promise.all([
        attack.waitForResponse((answer) => answer.url() === url),
        attack.evaluate(
          `document.body.innerHTML = '<form method="post" action="${url}"></form>'; document.forms[0].submit()`,
        ),
      ]);
      const { code } = JSON.parse(await response.text()) as { code: string };
      await attack.goBack();
      return [response.status(), code];
    }
  });
});
