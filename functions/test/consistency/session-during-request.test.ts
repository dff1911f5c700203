import assert from 'node:assert/strict';
import { loadConfig } from '../../src/config.ts';
import { ORIGIN, serveAccounts } from '../helpers/api.ts';
import { connect, startTestFirestore, type TestFirestore } from '../helpers/firestore.ts';
import { mintIdToken, openGoogle, PROJECT } from '../helpers/google.ts';
import { recordingLog } from '../helpers/log.ts';
import { openInstance } from '../helpers/open-instance.ts';
import type { SessionBrowser } from '../helpers/session-browser.ts';
import { type InstanceServer, serveInstance } from '../helpers/session-server.ts';
import { createMovableClock, type MovableClock } from '../helpers/test-directory.ts';
import { syncedAccount } from './auth-server.ts';
import { TARGET } from './invariants.ts';
import { entryOf, seed } from './seed.ts';

describe('a session that ends while one of its requests is being handled', () => {
  let firestore: Awaited<ReturnType<typeof startTestFirestore>>;
  let google: Awaited<ReturnType<typeof openGoogle>>;
  let client: TestFirestore;
  let clock: MovableClock;
  const servers: InstanceServer[] = [];
  /** Holds a call of this method, the next one if `skipped` is 0. */
  let held: { method: string; skipped: number; reached: () => void; release: Promise<void> } | undefined;

  before(async () => {
    google = await openGoogle();
    serveAccounts(google);
    firestore = await startTestFirestore({
      async beforeCall(method) {
        if (held?.method !== method || held.skipped-- > 0) return;
        const { reached, release } = held;
        held = undefined;
        reached();
        await release;
      },
    });
    client = connect(firestore);
    const entry = entryOf(TARGET, ['member']);
    await seed(client.db, [entry]);
    google.users.set(TARGET, syncedAccount(entry));
    clock = createMovableClock();
    for (let n = 0; n < 2; n++) {
      const config = loadConfig({ GCLOUD_PROJECT: PROJECT, ALLOWED_ORIGINS: ORIGIN });
      const outside = { app: google.app, firestore: client.open, fetch: google.fetch, clock };
      servers.push(await serveInstance(openInstance(config, { ...outside, log: recordingLog().log })));
    }
  });
  after(async () => {
    await Promise.all(servers.map((server) => server.close()));
    await client.close();
    await Promise.all([firestore.stop(), google.close()]);
  });

  /** A page that sends its requests to the first instance, and the same page at the second one. */
  async function signedIn(): Promise<[SessionBrowser, SessionBrowser]> {
    const [one = assert.fail(), other = assert.fail()] = servers;
    const page = one.browser();
    const now = Math.floor(clock() / 1000);
    const times = { auth_time: now - 30, iat: now - 10, exp: now + 3_590 };
    const user = { sub: TARGET, email: `${TARGET}@example.com`, roles: ['member'], rv: 1 };
    await page.signIn(await mintIdToken({ ...user, ...times }));
    return [page, Object.assign(other.browser(page.cookie), { csrfToken: page.csrfToken })];
  }

  /** Runs `during` while the server waits for a call of this method. */
  async function hold<T>(
    method: string,
    start: () => Promise<T>,
    during: () => Promise<void>,
    skipped = 0,
  ): Promise<T> {
    const barrier = Promise.withResolvers<void>();
    const reached = new Promise<void>((resolve) => {
      held = { method, skipped, reached: resolve, release: barrier.promise };
    });
    const running = start();
    await reached;
    await during();
    barrier.resolve();
    return running;
  }

  async function signOut(page: SessionBrowser): Promise<void> {
    assert.equal((await page.send('DELETE /sessions/current')).status, 204);
  }

  it('lets a request finish that was allowed before, and refuses the next one', async () => {
    const [page, elsewhere] = await signedIn();
    await page.send('GET /me');
    const create = () => page.send('POST /notes', { body: { title: 't', body: 'b' } });
    const { status, setCookie } = await hold('Commit', create, () => signOut(elsewhere));
    assert.deepEqual([status, setCookie], [201, []]);
    clock.move(11_000);
    assert.equal((await page.send('GET /me')).status, 401);
  });

  it('refuses a request that waits for its session when another instance ends it', async () => {
    const [page, elsewhere] = await signedIn();
    clock.move(7 * 3600 * 1000);
    // The memory of this instance is too old: it reads the session again, and then renews it.
    const use = () => page.send('GET /me');
    const { status, setCookie } = await hold('Commit', use, () => signOut(elsewhere));
    assert.deepEqual([status, setCookie], [401, []]);
    assert.equal((await client.db.collection('sessions').get()).size, 0);
  });

  it('ends a session for requests that wait for the same read of it', async () => {
    const [page, elsewhere] = await signedIn();
    clock.move(11 * 60_000);
    const use = () => Promise.all(Array.from({ length: 5 }, () => page.send('GET /me')));
    const answers = await hold('Commit', use, () => signOut(elsewhere));
    assert.ok(answers.some(({ status }) => status === 401));
    assert.ok(answers.every(({ setCookie }) => setCookie.length === 0));
    clock.move(11_000);
    assert.equal((await page.send('GET /me')).status, 401);
  });

  it('is kept by a revocation of all others between the reads of the session and its user', async () => {
    const [page, elsewhere] = await signedIn();
    await page.send('GET /me');
    clock.move(11 * 60_000);
    const revokeOthers = async () => {
      const answer = await elsewhere.send('POST /me/revoke', { body: { except: 'current' } });
      assert.equal(answer.status, 200);
    };
    const { status } = await hold('BatchGetDocuments', () => page.send('GET /me'), revokeOthers, 1);
    assert.equal(status, 200);
    assert.equal((await page.send('GET /me')).status, 200);
  });
});
