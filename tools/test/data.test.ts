import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Firestore } from '@google-cloud/firestore';
import { identityToolkit, killGroup, SCRIPT, send, signIn, startGatehouse } from './gatehouse.ts';
import { launch } from './processes.ts';

const PROJECT = 'demo-gatehouse';
const EMAIL = 'ada@example.com';
const PASSWORD = 'correct horse';

describe('npm start -- --data', function () {
  this.timeout(180_000);
  let home: string;
  let folder: string;

  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), 'gatehouse-data-'));
    folder = join(home, 'data');
  });
  afterEach(() => rmSync(home, { recursive: true, force: true }));

  /** Runs Gatehouse on the folder, does something with it, and ends it with a signal. */
  async function during<T>(
    signal: NodeJS.Signals,
    act: (addresses: Awaited<ReturnType<typeof startGatehouse>>['addresses']) => Promise<T>,
    ...args: string[]
  ): Promise<T> {
    const gatehouse = await startGatehouse(['--data', folder, ...args]);
    try {
      return await act(gatehouse.addresses);
    } finally {
      if (signal === 'SIGKILL') gatehouse.child.kill(signal);
      else killGroup(gatehouse, signal);
      assert.equal(await gatehouse.exited, signal === 'SIGKILL' ? signal : 0, gatehouse.output());
    }
  }

  /** What it says and how it ends when it does not start. */
  async function refusal() {
    const { exited, output } = launch(process.execPath, [SCRIPT, '--free-ports', '--data', folder]);
    assert.equal(await exited, 1, output());
    return output();
  }

  async function withFirestore<T>(address: string, act: (firestore: Firestore) => Promise<T>): Promise<T> {
    // The client takes its way to an emulator from here alone, and when it is made.
    process.env.FIRESTORE_EMULATOR_HOST = new URL(address).host;
    const firestore = new Firestore({ projectId: PROJECT });
    delete process.env.FIRESTORE_EMULATOR_HOST;
    return act(firestore).finally(() => firestore.terminate());
  }

  const signUp = (auth: string) =>
    send('POST', `${identityToolkit(auth)}/accounts:signUp?key=demo`, { email: EMAIL, password: PASSWORD });

  it('keeps users and documents from one run to the next', async () => {
    await during('SIGINT', async ({ auth, firestore }) => {
      await signUp(auth);
      await withFirestore(firestore, (store) =>
        store.doc('notes/kept').set({ title: 'Do not forget', pages: 3 }),
      );
    });
    await during('SIGINT', async ({ auth, firestore }) => {
      assert.equal((await signIn(auth, EMAIL, PASSWORD)).email, EMAIL);
      const note = await withFirestore(firestore, (store) => store.doc('notes/kept').get());
      assert.deepEqual(note.data(), { title: 'Do not forget', pages: 3 });
      await withFirestore(firestore, (store) => store.doc('notes/kept').delete());
    });
    await during('SIGINT', async ({ auth, firestore }) => {
      assert.equal((await signIn(auth, EMAIL, PASSWORD)).email, EMAIL);
      const note = await withFirestore(firestore, (store) => store.doc('notes/kept').get());
      assert.equal(note.exists, false);
    });
    assert.deepEqual(readdirSync(folder), ['snapshot-3']);
  });

  it('leaves what the run before has kept when it is killed', async () => {
    await during('SIGINT', ({ auth }) => signUp(auth));
    await during('SIGKILL', ({ firestore }) =>
      withFirestore(firestore, (store) => store.doc('notes/lost').set({ title: 'Lost' })),
    );
    await during('SIGINT', async ({ auth, firestore }) => {
      assert.equal((await signIn(auth, EMAIL, PASSWORD)).email, EMAIL);
      const note = await withFirestore(firestore, (store) => store.doc('notes/lost').get());
      assert.equal(note.exists, false);
    });
  });

  it('keeps what it had, and says so, when it cannot save', async () => {
    await during('SIGINT', ({ auth }) => signUp(auth));
    const gatehouse = await startGatehouse(['--data', folder]);
    rmSync(join(folder, 'running'), { recursive: true });
    writeFileSync(join(folder, 'running'), 'no folder');
    killGroup(gatehouse, 'SIGINT');
    assert.equal(await gatehouse.exited, 1, gatehouse.output());
    assert.match(gatehouse.output(), /\ngatehouse: users and documents cannot be saved, .* stays: .*\n$/);
    assert.deepEqual(readdirSync(folder), ['snapshot-1']);
    const accounts = join(folder, 'snapshot-1', 'emulators', 'auth_export', 'accounts.json');
    assert.ok(readFileSync(accounts, 'utf8').includes(EMAIL));
  });

  it('refuses damaged documents in one line and leaves them alone', async () => {
    const write = ({ firestore }: { firestore: string }) =>
      withFirestore(firestore, (store) => store.doc('notes/kept').set({ title: 'Kept' }));
    await during('SIGINT', write, '--firestore=embedded');
    const documents = join(folder, 'snapshot-1', 'firestore');
    const files = readdirSync(documents, { recursive: true, withFileTypes: true }).filter((file) =>
      file.isFile(),
    );
    for (const { name, parentPath } of files) writeFileSync(join(parentPath, name), '{"broken');
    assert.ok(files.length > 0);
    assert.match(
      await refusal(),
      /\ngatehouse: the documents in .* cannot be loaded, and nothing was changed: .*\n$/,
    );
    for (const { name, parentPath } of files) {
      assert.equal(readFileSync(join(parentPath, name), 'utf8'), '{"broken');
    }
    assert.deepEqual(readdirSync(folder), ['snapshot-1']);
  });

  it('refuses damaged users in one line and leaves them alone', async () => {
    const accounts = join(folder, 'snapshot-4', 'emulators', 'auth_export', 'accounts.json');
    mkdirSync(join(folder, 'snapshot-4', 'emulators', 'auth_export'), { recursive: true });
    writeFileSync(join(folder, 'snapshot-4', 'snapshot.json'), '{"format":1,"firestore":"embedded"}');
    for (const name of ['firebase-export-metadata.json', 'auth_export/config.json']) {
      writeFileSync(join(folder, 'snapshot-4', 'emulators', name), '{}');
    }
    writeFileSync(accounts, '{"users": [');
    assert.match(
      await refusal(),
      /^gatehouse: the data in .*snapshot-4 are damaged \(.*accounts.json\); .*\n$/,
    );
    assert.equal(readFileSync(accounts, 'utf8'), '{"users": [');
    assert.deepEqual(readdirSync(folder), ['snapshot-4']);
  });

  it('refuses the other Firestore’s data in one line', async () => {
    mkdirSync(join(folder, 'snapshot-1'), { recursive: true });
    writeFileSync(join(folder, 'snapshot-1', 'snapshot.json'), '{"format":1,"firestore":"official"}');
    assert.match(await refusal(), /^gatehouse: the data in .* are of --firestore=official; .*\n$/);
  });

  it('refuses a folder that holds something else, and one that another run is using', async () => {
    mkdirSync(folder);
    writeFileSync(join(folder, 'thesis.txt'), 'precious');
    assert.match(await refusal(), /^gatehouse: .* holds something else than Gatehouse's data; .*\n$/);
    assert.deepEqual(readdirSync(folder), ['thesis.txt']);

    rmSync(folder, { recursive: true });
    mkdirSync(join(folder, 'running'), { recursive: true });
    writeFileSync(join(folder, 'running', 'pid'), String(process.pid));
    assert.match(await refusal(), RegExp(`^gatehouse: .* is in use by process ${process.pid}; .*\\n$`));
  });
});
