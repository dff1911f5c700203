// `npm run dev`, with saves in a clone, and the export of its data in a second start.
import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT } from '../lib/emulator-setup.ts';
import { findFreePort } from '../lib/ports.ts';
import { installFakeUi } from './fake-ui.ts';
import { identityToolkit, send, signIn, startGatehouse, withFirestore } from './gatehouse.ts';
import { until } from './processes.ts';
import { makeClone } from './stand-in/clone.ts';

const ACCOUNT = { email: 'ada@example.com', password: 'correct horse' };
const NOTE = { title: 'Do not forget' };

describe('npm run dev', function () {
  this.timeout(180_000);
  const clone = makeClone('demo-gatehouse');
  const home = mkdtempSync(join(tmpdir(), 'gatehouse-dev-'));
  const seed = join(home, 'seed');
  const script = join(clone.folder, 'tools/start.ts');
  const source = join(clone.folder, 'functions/src/meta/index.ts');
  const emulator = 'packages/firestore-emulator';
  before(() => cpSync(join(ROOT, emulator), join(clone.folder, emulator), { recursive: true }));
  after(() => {
    clone.remove();
    rmSync(home, { recursive: true });
  });

  type Gatehouse = Awaited<ReturnType<typeof startGatehouse>>;
  let dev: Gatehouse;
  let seen = 0;

  const health = async () => {
    const response = await fetch(`${dev.addresses.api}/health`);
    return ((await response.json()) as { status: string }).status;
  };

  /** Saves a file, and waits until the terminal prints something. @returns what it printed since then */
  async function save(file: string, content: string, printed: RegExp): Promise<string> {
    seen = dev.output().length;
    writeFileSync(file, content);
    const news = () => dev.output().slice(seen);
    assert.ok(await until(() => printed.test(news()), 60_000), news());
    return news();
  }

  before(async () => {
    dev = await startGatehouse(['--watch', '--export-on-exit', seed], {}, script);
    assert.ok(await until(() => dev.output().includes('Watching functions/src'), 10_000));
    await send('POST', `${identityToolkit(dev.addresses.auth)}/accounts:signUp?key=demo`, ACCOUNT);
    await withFirestore(dev.addresses.firestore, (store) => store.doc('notes/kept').set(NOTE));
  });
  after(() => dev?.child.kill('SIGKILL'));

  const original = readFileSync(source, 'utf8');
  const changed = original.replaceAll("'ok'", "'fine'");

  it('serves a save, and says how fast', async () => {
    const news = await save(source, changed, /No type errors\./);
    assert.match(
      news,
      /functions\/src\/meta\/index\.ts changed: building \.\.\.\n.*Reloaded \d+\.\d s after/s,
    );
    assert.equal(await health(), 'fine');
  });

  it('says that code with a type error is served', async () => {
    const wrong = `${changed.replaceAll("'fine'", "'well'")}\nexport const count: number = 'three';\n`;
    const news = await save(source, wrong, /Type errors: .*\n/);
    assert.match(news, /src\/meta\/index\.ts\(\d+,14\): error TS2322: /);
    assert.match(
      news,
      /\nType errors: the emulator serves this build all the same, a deployment does not\.\n/,
    );
    assert.equal(await health(), 'well');
  });

  it('keeps serving the previous build if the code or the configuration does not build', async () => {
    const news = await save(source, `${changed}\nexport const = ;\n`, /The build failed; .*\n/);
    assert.match(news, /meta\/index\.ts:\d+\n.*SyntaxError/s);
    assert.match(news, /\nThe build failed; the emulator still serves the previous build\.\n$/);
    assert.doesNotMatch(news, /^ +at |node:internal/m);
    assert.equal(await health(), 'well');

    const config = join(clone.folder, 'functions/gatehouse.config.ts');
    const product = readFileSync(config, 'utf8');
    writeFileSync(source, original);
    const wrong = product.replace(/defaultRole: '\w+'/, "defaultRole: 'king'");
    assert.notEqual(wrong, product);
    assert.match(await save(config, wrong, /The build failed/), /Invalid configuration: .*defaultRole/);
    await save(config, product, /Reloaded/);
    assert.equal(await health(), 'ok');
  });

  it('loads the functions again with changed parameters, and names files that need a new start', async () => {
    await save(join(clone.folder, 'functions/.env.local'), 'ACCESS_CHANGE_MAX_AGE=2\n', /Reloaded/);
    const file = join(clone.folder, 'firebase.json');
    const news = await save(file, readFileSync(file, 'utf8'), /start again/);
    assert.match(news, /^firebase\.json changed: start again to use it\.$/m);
  });

  it('keeps the data of the emulators, and exports it at the end', async () => {
    assert.equal((await signIn(dev.addresses.auth, ACCOUNT.email, ACCOUNT.password)).email, ACCOUNT.email);
    dev.child.kill('SIGINT');
    assert.equal(await dev.exited, 0, dev.output());
    assert.ok(dev.output().endsWith(`Gatehouse has stopped; its data is in ${seed}.\n`));
  });

  it('exports what npm start -- --import loads, with the Emulator UI and a debugger', async () => {
    const port = await findFreePort();
    const args = ['--watch', '--import', seed, '--inspect-functions', String(port)];
    const env = { FIREBASE_EMULATORS_PATH: installFakeUi(home) };
    const { addresses, child, exited, output } = await startGatehouse(args, env, script);
    try {
      const note = await withFirestore(addresses.firestore, (store) => store.doc('notes/kept').get());
      assert.deepEqual(note.data(), NOTE);
      assert.equal((await signIn(addresses.auth, ACCOUNT.email, ACCOUNT.password)).email, ACCOUNT.email);
      const [, ui = ''] = /^ +Emulator UI +(\S+)$/m.exec(output()) ?? [];
      assert.equal(await (await fetch(ui)).text(), 'the Emulator UI');

      // Two processes have this port one after the other: the debugger must be there after a reload, too.
      assert.ok(await until(() => output().includes('Watching'), 10_000));
      writeFileSync(join(clone.folder, 'functions/.env.local'), 'ACCESS_CHANGE_MAX_AGE=3\n');
      assert.ok(await until(() => output().split('Debugger listening').length === 3, 30_000), output());
      assert.doesNotMatch(output(), /address already in use/);
      const targets = (await (await fetch(`http://127.0.0.1:${port}/json`)).json()) as { type: string }[];
      assert.deepEqual(
        targets.map(({ type }) => type),
        ['node'],
      );
    } finally {
      child.kill('SIGINT');
      await exited;
    }
  });
});
