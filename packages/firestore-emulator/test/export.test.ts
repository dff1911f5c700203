import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Firestore } from '@google-cloud/firestore';
import { startFirestore } from '../server.ts';

describe('the export', () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'firestore-export-'));
  });
  after(() => rmSync(folder, { recursive: true }));

  const clientOf = (host: string, databaseId: string) =>
    new Firestore({ projectId: 'demo-x', databaseId, host, ssl: false });

  const post = (host: string, body: object, type = 'application/json') =>
    fetch(`http://${host}/emulator/v1/projects/demo-x:export`, {
      method: 'POST',
      headers: { 'content-type': type },
      body: JSON.stringify(body),
    });

  it('of all databases is the seed of another start', async () => {
    const note = { title: 'x', at: new Date(0), data: Buffer.from([0, 255]), size: Number.NaN };
    const first = await startFirestore();
    for (const id of ['(default)', 'second']) {
      const store = clientOf(first.host, id);
      await store.doc('notes/a').set({ ...note, id });
      await store.terminate();
    }
    const response = await post(first.host, { export_directory: folder, export_name: 'documents' });
    assert.equal(response.status, 200, await response.text());
    await first.stop();

    const seed = join(folder, 'documents/documents.overall_export_metadata');
    const second = await startFirestore({ seed });
    for (const id of ['(default)', 'second']) {
      const store = clientOf(second.host, id);
      const { at, ...data } = (await store.doc('notes/a').get()).data() ?? {};
      assert.deepEqual({ ...data, at: at.toDate() }, { ...note, id });
      await store.terminate();
    }
    await second.stop();
  });

  it('is refused for a request that a web page could send without asking, and without a folder', async () => {
    const { host, stop } = await startFirestore();
    const body = { export_directory: folder, export_name: 'stolen' };
    for (const type of [
      'text/plain',
      'application/x-www-form-urlencoded',
      'multipart/form-data; boundary=x',
    ]) {
      assert.equal((await post(host, body, type)).status, 415, type);
    }
    assert.equal((await post(host, { export_directory: folder })).status, 400);
    assert.equal((await post(host, { ...body, export_directory: '/dev/null' })).status, 400);
    await stop();
    assert.ok(!readdirSync(folder).includes('stolen'));
  });

  it('of Google’s emulator is no seed', async () => {
    const seed = join(folder, 'google');
    writeFileSync(seed, Buffer.from([10, 0, 255]));
    await assert.rejects(startFirestore({ seed }));
  });
});
