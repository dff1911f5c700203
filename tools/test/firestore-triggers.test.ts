import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startDocuments } from '../lib/documents.ts';
import { quietEnv, ROOT } from '../lib/emulator-setup.ts';
import type { FirestoreKind } from '../lib/firestore-option.ts';
import { findOfficialProgram } from '../lib/official-program.ts';
import { findFreePorts } from '../lib/ports.ts';
import { FUNCTIONS } from '../lib/run.ts';
import { killGroup, send } from './gatehouse.ts';
import { launch, until } from './processes.ts';

const PROJECT = 'demo-triggers';
const CODE = `
  import { onDocumentCreated, onDocumentDeleted } from 'firebase-functions/firestore';
  export const onNote = onDocumentCreated('notes/{id}', ({ params }) => console.log('note', params.id, 'was created'));
  export const onNoteGone = onDocumentDeleted('notes/{id}', () => undefined);`;

describe('Firestore triggers of an adopter', function () {
  this.timeout(120_000);
  let home: string;
  before(() => {
    home = mkdtempSync(join(tmpdir(), 'gatehouse-triggers-'));
    mkdirSync(join(home, 'functions'));
    symlinkSync(join(FUNCTIONS, 'node_modules'), join(home, 'functions', 'node_modules'));
    writeFileSync(join(home, 'functions', 'index.js'), CODE);
    const manifest = { type: 'module', main: 'index.js', engines: { node: '24' } };
    const dependencies = { 'firebase-functions': '7.4.0', 'firebase-admin': '14.5.1' };
    writeFileSync(join(home, 'functions', 'package.json'), JSON.stringify({ ...manifest, dependencies }));
  });
  after(() => rmSync(home, { recursive: true, force: true }));

  /** Starts the emulators of the adopter's project beside a Firestore, as `npm start` does, until `isDone`. */
  async function output(
    firestore: FirestoreKind,
    isDone: (output: string, documents: string) => boolean | Promise<boolean>,
  ): Promise<string> {
    const [port = 0, functions = 0, hub = 0, logging = 0, eventarc = 0, tasks = 0] = await findFreePorts(6);
    const emulators = {
      ...{ firestore: { port }, functions: { port: functions }, hub: { port: hub } },
      ...{
        logging: { port: logging },
        eventarc: { port: eventarc },
        tasks: { port: tasks },
        ui: { enabled: false },
      },
    };
    const config = join(home, 'firebase.json');
    writeFileSync(config, JSON.stringify({ functions: { source: 'functions' }, emulators }));
    const logFile = join(home, 'firestore.log');
    const documents = await startDocuments(firestore, {
      port,
      projectId: PROJECT,
      logFile,
      functionsPort: functions,
    });
    const args = ['emulators:start', '--project', PROJECT, '--only', 'functions,firestore'];
    const cli = launch(process.execPath, [join(ROOT, 'tools/firebase.mjs'), ...args], {
      cwd: home,
      env: quietEnv(home, { GATEHOUSE_OUTSIDE_FIRESTORE: firestore }),
    });
    try {
      await until(() => cli.output().includes('All emulators ready') || cli.child.exitCode !== null, 60_000);
      const url = `http://127.0.0.1:${port}/v1/projects/${PROJECT}/databases/(default)/documents/notes`;
      assert.ok(await until(() => isDone(cli.output(), url), 30_000), cli.output());
      return cli.output();
    } finally {
      if (cli.child.exitCode === null) killGroup(cli, 'SIGKILL');
      await documents.stop();
    }
  }

  it('fire with Google’s emulator', async function () {
    if (!findOfficialProgram()) this.skip();
    let isWritten = false;
    await output('official', async (text, url) => {
      if (!isWritten) await send('POST', `${url}?documentId=first`, { fields: {} });
      isWritten = true;
      return /note first was created/.test(text);
    });
  });

  it('do not fire with the embedded Firestore, and the terminal says so once', async () => {
    const text = await output('embedded', (printed) => printed.includes('onNoteGone]: function ignored'));
    const said = text.match(/⚠ .*Firestore triggers \(us-central1-onNote …\) do not fire/g);
    assert.equal(said?.length, 1, text);
  });
});
