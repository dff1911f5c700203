import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startFirestore } from '../../packages/firestore-emulator/server.ts';
import {
  GATEHOUSE_FIRESTORE,
  identityToolkit,
  killGroup,
  SCRIPT,
  send,
  signIn,
  startGatehouse,
  withFirestore,
} from './gatehouse.ts';
import { isQuiet, launch, until } from './processes.ts';

const EMAIL = 'ada@example.com';
const PASSWORD = 'correct horse';
const NOTE = { title: 'Do not forget', pages: 3 };

/** A step that runs once, even if several tests need it. */
function once(step: () => Promise<unknown>): () => Promise<unknown> {
  let result: Promise<unknown> | undefined;
  return () => (result ??= step());
}

// Starting is slow: each run continues with the data that the previous run saved.
describe('npm start -- --data, over several runs', function () {
  this.timeout(120_000);
  let home: string;
  let folder: string;
  before(() => {
    home = mkdtempSync(join(tmpdir(), 'gatehouse-data-'));
    folder = join(home, 'data');
  });
  after(() => rmSync(home, { recursive: true, force: true }));

  type Gatehouse = Awaited<ReturnType<typeof startGatehouse>>;

  /** Starts Gatehouse with the folder, runs `act`, then stops it and checks that no process is left. */
  async function during(
    { signal, code }: { signal: 'SIGINT' | 'SIGKILL'; code: number | string },
    act: (gatehouse: Gatehouse) => Promise<void>,
  ): Promise<string> {
    const gatehouse = await startGatehouse(['--data', folder]);
    try {
      await act(gatehouse);
    } finally {
      if (signal === 'SIGKILL') gatehouse.child.kill(signal);
      // Ctrl-C arrives twice, from the terminal and through npm.
      else for (let count = 0; count < 2; count++) killGroup(gatehouse, signal);
    }
    assert.equal(await gatehouse.exited, code, gatehouse.output());
    const waitMs = signal === 'SIGKILL' ? 5_000 : 1;
    assert.equal(await until(() => isQuiet(gatehouse.ports), waitMs), true);
    return gatehouse.output();
  }

  const note = (id: string, { addresses }: Gatehouse) =>
    withFirestore(addresses.firestore, async (store) => (await store.doc(`notes/${id}`).get()).data());
  const assertUserIsKept = async ({ addresses }: Gatehouse) =>
    assert.equal((await signIn(addresses.auth, EMAIL, PASSWORD)).email, EMAIL);

  const first = once(async () => {
    await during({ signal: 'SIGINT', code: 0 }, async ({ addresses: { api, auth, firestore }, output }) => {
      assert.equal((await fetch(`${api}/health`)).status, 200);
      const claims = await signIn(auth, 'owner@demo.test', 'gatehouse');
      assert.deepEqual([claims.sub, claims.roles], ['demo-owner', ['owner']]);
      const kind = GATEHOUSE_FIRESTORE === 'embedded' ? 'embedded' : 'Google’s emulator';
      assert.match(output(), RegExp(`^ +Firestore +127\\.0\\.0\\.1:\\d+ \\(${kind}\\)$`, 'm'));

      const user = { email: EMAIL, password: PASSWORD };
      await send('POST', `${identityToolkit(auth)}/accounts:signUp?key=demo`, user);
      await withFirestore(firestore, (store) => store.doc('notes/kept').set(NOTE));
    });
    assert.deepEqual(readdirSync(folder), ['snapshot-1']);
  });
  it('prints the table, serves the API and users, and stops completely on Ctrl-C', first);

  const second = once(async () => {
    await first();
    await during({ signal: 'SIGINT', code: 0 }, async (gatehouse) => {
      await assertUserIsKept(gatehouse);
      assert.deepEqual(await note('kept', gatehouse), NOTE);
      await withFirestore(gatehouse.addresses.firestore, (store) => store.doc('notes/kept').delete());
    });
    assert.deepEqual(readdirSync(folder), ['snapshot-2']);
  });
  it('keeps users and documents', second);

  const third = once(async () => {
    await second();
    await during({ signal: 'SIGKILL', code: 'SIGKILL' }, async (gatehouse) => {
      await assertUserIsKept(gatehouse);
      assert.equal(await note('kept', gatehouse), undefined);
      await withFirestore(gatehouse.addresses.firestore, (store) => store.doc('notes/lost').set(NOTE));
    });
  });
  it('does not restore a deleted document, and leaves no process after SIGKILL', third);

  it('loads the data saved before the killed run, and keeps it when saving fails', async () => {
    await third();
    const output = await during({ signal: 'SIGINT', code: 1 }, async (gatehouse) => {
      await assertUserIsKept(gatehouse);
      assert.equal(await note('lost', gatehouse), undefined);
      rmSync(join(folder, 'running'), { recursive: true });
      writeFileSync(join(folder, 'running'), 'no folder');
    });
    assert.match(output, /\ngatehouse: users and documents cannot be saved, .* stays: .*\n$/);
    assert.deepEqual(readdirSync(folder), ['snapshot-2']);
    const accounts = join(folder, 'snapshot-2', 'emulators', 'auth_export', 'accounts.json');
    assert.ok(readFileSync(accounts, 'utf8').includes(EMAIL));
  });
});

describe('npm start -- --data', function () {
  this.timeout(60_000);
  let home: string;
  let folder: string;

  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), 'gatehouse-data-'));
    folder = join(home, 'data');
  });
  afterEach(() => rmSync(home, { recursive: true, force: true }));

  /** Checks that it does not start. @returns its output */
  async function refusedStart() {
    const { exited, output } = launch(process.execPath, [SCRIPT, '--free-ports', '--data', folder]);
    assert.equal(await exited, 1, output());
    return output();
  }

  /** Creates a snapshot of a run with the embedded Firestore, without users. @returns its folder of emulator data */
  function writeSnapshot(name: string): string {
    const emulators = join(folder, name, 'emulators');
    mkdirSync(join(emulators, 'auth_export'), { recursive: true });
    writeFileSync(join(folder, name, 'snapshot.json'), '{"format":1,"firestore":"embedded"}');
    for (const file of ['firebase-export-metadata.json', 'auth_export/config.json']) {
      writeFileSync(join(emulators, file), '{}');
    }
    writeFileSync(join(emulators, 'auth_export/accounts.json'), '{"users": []}');
    return emulators;
  }

  it('refuses damaged documents in one line, and does not change them', async () => {
    writeSnapshot('snapshot-1');
    const documents = join(folder, 'snapshot-1', 'firestore');
    const { host, stop } = await startFirestore({ dataDir: documents });
    await withFirestore(`http://${host}`, (store) => store.doc('notes/kept').set(NOTE)).finally(stop);
    const files = readdirSync(documents, { recursive: true, withFileTypes: true }).filter((file) =>
      file.isFile(),
    );
    for (const { name, parentPath } of files) writeFileSync(join(parentPath, name), '{"broken');
    assert.ok(files.length > 0);
    assert.match(
      await refusedStart(),
      /\ngatehouse: the documents in .* cannot be loaded, and nothing was changed: .*\n$/,
    );
    for (const { name, parentPath } of files) {
      assert.equal(readFileSync(join(parentPath, name), 'utf8'), '{"broken');
    }
    assert.deepEqual(readdirSync(folder), ['snapshot-1']);
  });

  it('refuses damaged users in one line, and does not change them', async () => {
    const accounts = join(writeSnapshot('snapshot-4'), 'auth_export', 'accounts.json');
    writeFileSync(accounts, '{"users": [');
    assert.match(
      await refusedStart(),
      /^gatehouse: the data in .*snapshot-4 are damaged \(.*accounts.json\); .*\n$/,
    );
    assert.equal(readFileSync(accounts, 'utf8'), '{"users": [');
    assert.deepEqual(readdirSync(folder), ['snapshot-4']);
  });

  it('refuses data of the other Firestore in one line', async () => {
    mkdirSync(join(folder, 'snapshot-1'), { recursive: true });
    writeFileSync(join(folder, 'snapshot-1', 'snapshot.json'), '{"format":1,"firestore":"official"}');
    assert.match(await refusedStart(), /^gatehouse: the data in .* are of --firestore=official; .*\n$/);
  });

  it('refuses a folder with other files, and one that another run uses', async () => {
    mkdirSync(folder);
    writeFileSync(join(folder, 'thesis.txt'), 'precious');
    assert.match(await refusedStart(), /^gatehouse: .* holds something else than Gatehouse's data; .*\n$/);
    assert.deepEqual(readdirSync(folder), ['thesis.txt']);

    rmSync(folder, { recursive: true });
    mkdirSync(join(folder, 'running'), { recursive: true });
    writeFileSync(join(folder, 'running', 'pid'), String(process.pid));
    assert.match(await refusedStart(), RegExp(`^gatehouse: .* is in use by process ${process.pid}; .*\\n$`));
  });
});
