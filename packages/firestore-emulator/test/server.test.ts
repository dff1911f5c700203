import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Firestore } from '@google-cloud/firestore';
import { startFirestore } from '../server.ts';
import { FirestoreError } from '../status.ts';
import { projectOf, rejectionOf, startTestFirestore, type TestFirestore } from './client.ts';

describe('embedded Firestore: server', () => {
  const started: TestFirestore[] = [];
  const dirs: string[] = [];
  const start = async (...options: Parameters<typeof startTestFirestore>) => {
    const firestore = await startTestFirestore(...options);
    started.push(firestore);
    return firestore;
  };
  const scratch = () => {
    const dir = mkdtempSync(join(tmpdir(), 'embedded-firestore-'));
    dirs.push(dir);
    return dir;
  };
  afterEach(async () => {
    await Promise.all(started.splice(0).map((firestore) => firestore.stop()));
    for (const dir of dirs.splice(0)) rmSync(dir, { recursive: true });
  });

  it('serves the health check over HTTP/1.1 on the same port, and 404 for other paths', async () => {
    const { server } = await start();
    const health = await fetch(`http://${server.host}/`);
    assert.equal(await health.text(), 'Ok\n');
    assert.equal((await fetch(`http://${server.host}/v1/projects/p`)).status, 404);
    assert.equal((await fetch(`http://${server.host}/%zz`)).status, 404);
  });

  it('clears the database of one project only', async () => {
    const { server, connect: client } = await start();
    const [one, two] = [client(), client()];
    await Promise.all([one, two].map((db) => db.doc('c/d').set({})));
    const path = (db: Firestore) => `emulator/v1/projects/${projectOf(db)}/databases/(default)/documents`;
    assert.equal((await fetch(`http://${server.host}/${path(one)}`, { method: 'DELETE' })).status, 200);
    assert.equal((await one.doc('c/d').get()).exists, false);
    assert.equal((await two.doc('c/d').get()).exists, true);
    assert.deepEqual(await one.listCollections(), []);
    await one.doc('c/d').create({});
  });

  it('aborts a transaction if its documents were cleared', async () => {
    const { server, connect: client } = await start();
    const db = client();
    await db.doc('c/d').set({ n: 1 });
    let attempts = 0;
    await db.runTransaction(async (transaction) => {
      attempts++;
      const document = await transaction.get(db.doc('c/d'));
      const path = `emulator/v1/projects/${projectOf(db)}/databases/(default)/documents`;
      if (attempts === 1) await fetch(`http://${server.host}/${path}`, { method: 'DELETE' });
      transaction.set(db.doc('c/d'), { n: (document.get('n') ?? 0) + 1 });
    });
    assert.equal(attempts, 2);
    assert.equal((await db.doc('c/d').get()).get('n'), 1);
  });

  it('listens on loopback only, and fails if the port is taken', async () => {
    const { server } = await start();
    const [address, port] = server.host.split(':');
    assert.equal(address, '127.0.0.1');
    await assert.rejects(startFirestore({ port: Number(port) }), { code: 'EADDRINUSE' });
  });

  it('survives connections that close early or send unknown bytes', async () => {
    const { server, connect: client } = await start();
    const port = Number(server.host.split(':')[1]);
    for (const bytes of ['', 'P', 'PRI * HTTP/2 but not really\r\n\r\n', '\0\0\0', 'GET']) {
      const socket = connect(port, '127.0.0.1');
      socket.on('error', () => {});
      await once(socket, 'connect');
      socket.end(bytes);
      socket.resume();
      await once(socket, 'close');
    }
    await client().doc('c/d').set({});
  });

  it('answers UNIMPLEMENTED for methods it does not have', async () => {
    const raw = (await start()).raw();
    const stream = raw.open('Write');
    assert.equal((await rejectionOf(once(stream, 'data'))).code, 12);
    const pipeline = { database: raw.database, structuredPipeline: { pipeline: {} } };
    assert.equal((await rejectionOf(raw.stream('ExecutePipeline', pipeline))).code, 12);
  });

  it('rejects queries that need a missing index, if it has an index file', async () => {
    const path = join(scratch(), 'indexes.json');
    const fields = [
      { fieldPath: 'a', order: 'ASCENDING' },
      { fieldPath: 'b', order: 'ASCENDING' },
    ];
    writeFileSync(
      path,
      JSON.stringify({ indexes: [{ collectionGroup: 'known', queryScope: 'COLLECTION', fields }] }),
    );
    const db = (await start({ indexes: path })).connect();
    const query = (collection: string) => db.collection(collection).where('a', '==', 1).orderBy('b');
    await query('known').get();
    const error = await rejectionOf(query('other').get());
    assert.equal(error.code, 9);
    assert.match(error.message, /The query requires an index\./);
    assert.equal((await rejectionOf(query('other').count().get())).code, 9);
    const listenError = await new Promise<Error>((resolve) => query('other').onSnapshot(() => {}, resolve));
    assert.match(listenError.message, /The query requires an index\./);
    await assert.rejects(
      startFirestore({ indexes: join(scratch(), 'none.json') }),
      /Cannot read the indexes in .*none\.json/,
    );
  });

  it('lets hooks delay a call, and fail it before or after its work', async () => {
    const { promise: held, resolve: release } = Promise.withResolvers<void>();
    const { promise: reached, resolve: reach } = Promise.withResolvers<void>();
    let fail: 'before' | 'after' | undefined;
    const failing = (when: string) => {
      if (fail === when) throw new FirestoreError(7, 'failed by the test');
    };
    const db = (
      await start({
        beforeCall: async (method) => {
          failing('before');
          if (method !== 'BatchGetDocuments') return;
          reach();
          await held;
        },
        afterCall: () => failing('after'),
      })
    ).connect();
    const reading = db.doc('c/d').get();
    await reached;
    await db.doc('c/d').set({ n: 1 });
    release();
    assert.equal((await reading).get('n'), 1);
    fail = 'before';
    assert.equal((await rejectionOf(db.doc('c/d').set({ n: 2 }))).code, 7);
    fail = 'after';
    assert.equal((await rejectionOf(db.doc('c/e').set({ n: 2 }))).code, 7);
    fail = undefined;
    assert.equal((await db.doc('c/d').get()).get('n'), 1);
    assert.equal((await db.doc('c/e').get()).get('n'), 2);
  });

  it('runs as a program until SIGTERM, and exits with 0', async () => {
    const data = scratch();
    const main = join(import.meta.dirname, '..', 'main.ts');
    const child = spawn(process.execPath, [main, '--port', '0', '--data', data], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = await once(child.stdout, 'data');
    const host = /^Firestore listens on (127\.0\.0\.1:\d+)\n$/.exec(String(line))?.[1] ?? '';
    assert.equal(await (await fetch(`http://${host}/`)).text(), 'Ok\n');
    child.kill('SIGTERM');
    assert.deepEqual(await once(child, 'exit'), [0, null]);
  });
});
