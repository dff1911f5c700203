// `firebase` of node_modules/.bin, as a developer types it, without Java, login and network, and behind a proxy.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { chromium } from 'playwright-core';
import { findBrowser } from '../lib/browser.ts';
import { quietEnv, ROOT, writeConfig } from '../lib/emulator-setup.ts';
import { pickPorts } from '../lib/emulators.ts';
import { findFreePort, HOST, type Ports } from '../lib/ports.ts';
import { installFakeUi } from './fake-ui.ts';
import { withFirestore } from './gatehouse.ts';
import { isListening, launch, until } from './processes.ts';

const BIN = join(ROOT, 'node_modules', '.bin');
const PROJECT = 'demo-gatehouse';
const ACCOUNT = { email: 'ada@example.com', password: 'correct horse', returnSecureToken: true };

describe('the Firebase CLI of node_modules/.bin', function () {
  this.timeout(180_000);
  let home: string;
  let seed: string;
  let ports: Ports;
  let config: string;
  let proxy: Server;
  let uid: string;
  let downloads: string;
  const proxied: string[] = [];

  before(async () => {
    home = mkdtempSync(join(tmpdir(), 'gatehouse-plain-'));
    seed = join(home, 'seed');
    downloads = join(home, 'none');
    writeFileSync(join(home, 'java'), '#!/bin/sh\nexit 1\n', { mode: 0o755 });
    ports = await pickPorts();
    config = writeConfig(ports, { ui: true });
    // As a plain start reads it, with the deployment's Hosting target.
    const { hosting } = JSON.parse(readFileSync(join(ROOT, 'firebase.json'), 'utf8'));
    writeFileSync(config, JSON.stringify({ ...JSON.parse(readFileSync(config, 'utf8')), hosting }));
    proxy = createServer((request, response) => {
      proxied.push(request.url ?? '');
      response.writeHead(502).end();
    });
    proxy.on('connect', (request, socket) => {
      proxied.push(request.url ?? '');
      socket.end('HTTP/1.1 502 Bad Gateway\r\n\r\n');
    });
    await once(proxy.listen(0, HOST), 'listening');
  });
  after(() => {
    proxy.close();
    rmSync(config);
    rmSync(home, { recursive: true, force: true });
  });

  /** Starts `firebase` with these arguments. */
  function firebase(...args: string[]) {
    const { CI, ...env } = quietEnv(home, {
      PATH: [home, BIN, process.env.PATH].join(delimiter),
      FIREBASE_EMULATORS_PATH: downloads,
    });
    const { port } = proxy.address() as AddressInfo; // it listens on TCP
    const behind = `http://${HOST}:${port}`;
    const options = { http_proxy: behind, https_proxy: behind, NO_PROXY: 'intranet.example' };
    return launch('firebase', [...args, '--config', config, '--project', PROJECT], {
      cwd: home,
      env: { ...env, ...options },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
  }

  const api = (path: string, token?: string) =>
    fetch(`http://${HOST}:${ports.hosting}/api/v1${path}`, {
      headers: token ? { authorization: `Bearer ${token}` } : {},
    });

  /** Signs in or up at the address that the page uses: its Content-Security-Policy allows only Hosting. */
  async function authenticate(method: string): Promise<string> {
    const url = `http://${HOST}:${ports.hosting}/identitytoolkit.googleapis.com/v1/accounts:${method}?key=demo`;
    const headers = { 'content-type': 'application/json' };
    const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(ACCOUNT) });
    const { idToken } = (await response.json()) as { idToken: string };
    return idToken;
  }

  /** Signs in with the form of the page. @returns whether the API accepted the token */
  async function signInOnPage(executablePath: string): Promise<boolean> {
    const browser = await chromium.launch({ executablePath, chromiumSandbox: process.getuid?.() !== 0 });
    try {
      const page = await browser.newPage();
      await page.goto(`http://localhost:${ports.hosting}`); // as `npm start` prints it
      await page.locator('#google-email').fill('grace@example.com');
      await page.getByRole('button', { name: 'Sign in with Google' }).click();
      await page.locator('#me-status.good').waitFor({ timeout: 30_000 });
      return true;
    } finally {
      await browser.close();
    }
  }

  it('starts the emulators and signs in, without Java, network, login and Emulator UI', async () => {
    const cli = firebase('emulators:start', '--import', seed, '--export-on-exit');
    try {
      await until(() => cli.output().includes('All emulators ready') || cli.child.exitCode !== null, 90_000);
      assert.match(cli.output(), /the embedded Firestore runs, .*needs Java 21/);
      assert.doesNotMatch(cli.output(), /Error:|Emulator UI at|not currently authenticated|⚠ +ui/);
      assert.equal(await isListening(ports.ui), false);

      assert.equal((await api('/health')).status, 200);
      const response = await api('/me', await authenticate('signUp'));
      const me = (await response.json()) as { uid: string };
      assert.equal(response.status, 200, JSON.stringify(me));
      uid = me.uid;
      const browser = await findBrowser();
      if (browser) assert.ok(await signInOnPage(browser));
      assert.deepEqual(
        proxied.filter((url) => /127\.0\.0\.1|localhost/.test(url)),
        [],
      );
    } finally {
      cli.child.kill('SIGINT');
    }
    assert.equal(await cli.exited, 0, cli.output());
    // The value is in .secret.local: otherwise the CLI asks Secret Manager.
    assert.doesNotMatch(cli.output(), /access secret/);
    assert.match(cli.output(), /Export complete/);
  });

  it('runs a command with the exported users and documents, a debugger and the Emulator UI', async () => {
    downloads = installFakeUi(home);
    const debug = await findFreePort();
    const script = join(home, 'check.mjs');
    writeFileSync(
      script,
      `const text = async (url) => console.log('ANSWER', await (await fetch(url)).text());
      await text('http://${HOST}:${ports.ui}/');
      await text('http://${HOST}:${debug}/json');
      await new Promise((resolve) => process.stdin.once('data', resolve));
      process.exit(3);`,
    );
    const args = ['--ui', '--inspect-functions', String(debug), '--import', seed];
    const cli = firebase('emulators:exec', ...args, `'${process.execPath}' '${script}'`);
    try {
      const answers = () => cli.output().match(/^ANSWER/gm)?.length ?? 0;
      await until(() => answers() === 2 || cli.child.exitCode !== null, 90_000);
      const entry = await withFirestore(`http://${HOST}:${ports.firestore}`, (store) =>
        store.doc(`directory/${uid}`).get(),
      );
      assert.ok(entry.exists, cli.output());
      assert.match(cli.output(), /^ANSWER the Emulator UI$/m);
      assert.match(cli.output(), /^ANSWER \[ \{/m);
      const me = await api('/me', await authenticate('signInWithPassword'));
      assert.equal(me.status, 200);
    } finally {
      cli.child.stdin?.write('\n');
    }
    assert.equal(await cli.exited, 3, cli.output());
  });

  it('calls a function in functions:shell of a demo project, without login', async () => {
    const port = await findFreePort();
    const cli = firebase('functions:shell', '--port', String(port));
    const type = (line: string) => cli.child.stdin?.write(`${line}\n`);
    await until(() => cli.output().includes('firebase >') || cli.child.exitCode !== null, 60_000);
    type('api.get("/v1/health")');
    const isAnswered = await until(() => /RESPONSE RECEIVED FROM FUNCTION: 200/.test(cli.output()), 30_000);
    type('.exit');
    assert.ok(isAnswered, cli.output());
    assert.doesNotMatch(cli.output(), /access secret/);
    await cli.exited;
  });
});
