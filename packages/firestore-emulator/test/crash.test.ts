import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Firestore } from '@google-cloud/firestore';
import { credentials } from '@grpc/grpc-js';
import { commit } from '../calls/commits.ts';
import { Persistence } from '../persistence.ts';
import { Store } from '../store.ts';
import { startTestFirestore } from './client.ts';

const database = 'projects/p/databases/(default)';
const put = (store: Store, id: string) =>
  commit(store, { database, writes: [{ update: { name: `${database}/documents/c/${id}`, fields: {} } }] });

describe('embedded Firestore: crash safety', () => {
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'embedded-firestore-'));
  });
  afterEach(() => rmSync(dir, { recursive: true }));

  it('keeps the saved file consistent if the program is killed while it saves', async () => {
    const main = join(import.meta.dirname, '..', 'main.ts');
    const child = spawn(process.execPath, [main, '--port', '0', '--data', dir], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = await once(child.stdout, 'data');
    const host = String(line).trim().split(' ').at(-1) ?? '';
    const db = new Firestore({ projectId: 'p', host, ssl: false, sslCreds: credentials.createInsecure() });
    // Each pair is written in one commit, so the file must contain both documents or neither.
    for (let i = 0; i < 20 || !existsSync(join(dir, 'firestore.jsonl')); i++) {
      await db
        .batch()
        .set(db.doc(`one/${i}`), { i })
        .set(db.doc(`two/${i}`), { i })
        .commit();
    }
    child.kill('SIGKILL');
    await once(child, 'exit');
    await db.terminate();
    const again = await startTestFirestore({ dataDir: dir });
    const after = again.connect('p');
    const ids = async (collection: string) =>
      (await after.collection(collection).get()).docs.map(({ id }) => id);
    const saved = await ids('one');
    assert.ok(saved.length > 0);
    assert.deepEqual(await ids('two'), saved);
    await again.stop();
  });

  it('fails to stop if the data cannot be saved', async () => {
    const store = new Store();
    const persistence = new Persistence(store, join(dir, 'data'));
    put(store, 'a');
    rmSync(join(dir, 'data'), { recursive: true });
    await assert.rejects(persistence.stop(), { code: 'ENOENT' });
    mkdirSync(join(dir, 'data'));
    await persistence.stop();
    assert.ok(existsSync(join(dir, 'data', 'firestore.jsonl')));
  });

  it('continues with later commit times even if the clock was set back between runs', async () => {
    let now = 1_700_000_000_000_000;
    const first = new Store(() => now);
    const persistence = new Persistence(first, dir);
    put(first, 'a');
    await persistence.stop();
    now -= 3_600_000_000;
    const second = new Store(() => now);
    const again = new Persistence(second, dir);
    const { commitTime } = put(second, 'b') as { commitTime: { seconds: string } };
    await again.stop();
    assert.ok(Number(commitTime.seconds) >= 1_700_000_000);
  });
});
