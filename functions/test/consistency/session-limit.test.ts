import assert from 'node:assert/strict';
import { loadConfig } from '../../src/config.ts';
import { startTestFirestore } from '../helpers/firestore.ts';
import { fetchGoogleAt, mintIdToken, PROJECT } from '../helpers/google.ts';
import { silentLog } from '../helpers/log.ts';
import { openInstance, type TestInstance } from '../helpers/open-instance.ts';
import { productOf } from '../helpers/product.ts';
import type { SessionBrowser } from '../helpers/session-browser.ts';
import { ORIGIN } from '../helpers/session-browser.ts';
import { type InstanceServer, serveInstance } from '../helpers/session-server.ts';
import { type AuthServer, openAuthServer, syncedAccount } from './auth-server.ts';
import { type Backends, connectBackends } from './backends.ts';
import { TARGET } from './invariants.ts';
import { entryOf, seed } from './seed.ts';

const SIGN_INS = 20;
const LIMIT = 5;

describe('20 parallel sign-ins of one user with a limit of 5 sessions', function () {
  this.timeout(120_000);
  let firestore: Awaited<ReturnType<typeof startTestFirestore>>;
  let auth: AuthServer;
  const opened: Backends[] = [];
  const instances: TestInstance[] = [];
  const servers: InstanceServer[] = [];

  before(async () => {
    [firestore, auth] = await Promise.all([startTestFirestore({}), openAuthServer()]);
    const entry = entryOf(TARGET, ['member']);
    auth.accounts.set(TARGET, syncedAccount(entry));
    const addresses = {
      ...{ firestore: firestore.host, database: 'session-limit' },
      ...{ auth: auth.port, project: PROJECT },
    };
    const product = productOf({ sessions: { maxPerUser: LIMIT } });
    const config = loadConfig({ GCLOUD_PROJECT: PROJECT, ALLOWED_ORIGINS: ORIGIN }, product);
    for (let n = 0; n < 4; n++) {
      const backends = connectBackends(addresses);
      const fetch = fetchGoogleAt(`http://127.0.0.1:${auth.port}`);
      const instance = openInstance(config, {
        ...{ app: backends.app, firestore: backends.firestore },
        ...{ fetch, log: silentLog },
      });
      opened.push(backends);
      instances.push(instance);
      servers.push(await serveInstance(instance));
    }
    await seed(opened[0]?.db ?? assert.fail(), [entry]);
  });
  after(async () => {
    await Promise.all(servers.map((server) => server.close()));
    await Promise.all(opened.map((backends) => backends.close()));
    await Promise.all([firestore.stop(), auth.close()]);
  });

  it('leaves 5 that work on every instance; the others are ended, each with an audit event', async () => {
    const token = await mintIdToken({
      sub: TARGET,
      email: `${TARGET}@example.com`,
      roles: ['member'],
      rv: 1,
    });
    const browsers = Array.from(
      { length: SIGN_INS },
      (_, n) => servers[n % servers.length]?.browser() ?? assert.fail(),
    );
    await Promise.all(browsers.map((browser) => signIn(browser, token)));

    const cookies = browsers.map(({ cookie }) => cookie ?? assert.fail());
    assert.equal(new Set(cookies).size, SIGN_INS);
    const { db } = opened[0] ?? assert.fail();
    const { docs } = await db.collection('sessions').get();
    assert.equal(docs.length, LIMIT);
    const events = (await db.collection('auditEvents').get()).docs.map((event) => event.data());
    const ofAction = (name: string) => events.filter(({ action }) => action === name);
    assert.equal(ofAction('session.create').length, SIGN_INS);
    assert.deepEqual(
      ofAction('session.end').map(({ after }) => after?.cause),
      Array.from({ length: SIGN_INS - LIMIT }, () => 'too-many'),
    );

    // On an instance that has read none of them.
    const accepted = await Promise.all(
      cookies.map(async (cookie, n) => {
        const server = servers[(n + 1) % servers.length] ?? assert.fail();
        return (await server.browser(cookie).send('GET /me')).status;
      }),
    );
    assert.equal(accepted.filter((status) => status === 200).length, LIMIT);
    assert.equal(accepted.filter((status) => status === 401).length, SIGN_INS - LIMIT);
  });
});

/** Tries again while the transactions of the others keep Firestore busy, as a client does. */
async function signIn(browser: SessionBrowser, token: string): Promise<void> {
  for (;;) {
    const answer = await browser.send('POST /sessions', { headers: { Authorization: `Bearer ${token}` } });
    if (answer.status === 503) continue;
    assert.equal(answer.status, 200, JSON.stringify(answer.body));
    return;
  }
}
