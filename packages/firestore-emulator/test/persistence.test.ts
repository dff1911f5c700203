import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GeoPoint, Timestamp } from '@google-cloud/firestore';
import { startFirestore } from '../server.ts';
import { startTestFirestore } from './client.ts';

describe('embedded Firestore: data directory', () => {
  let dir: string;
  let file: string;
  beforeEach(() => {
    dir = join(mkdtempSync(join(tmpdir(), 'embedded-firestore-')), 'data');
    file = join(dir, 'firestore.jsonl');
  });
  afterEach(() => rmSync(join(dir, '..'), { recursive: true }));

  const written = {
    text: 'two\nlines',
    bytes: Buffer.from([0, 1, 255]),
    numbers: [1, 1.5, Number.NaN, Number.NEGATIVE_INFINITY, -0],
    at: new Timestamp(1, 2000),
    place: new GeoPoint(1, 2),
    map: { list: [{ bytes: Buffer.from('x') }], none: null },
  };

  it('keeps values of every type and the times between runs', async () => {
    const first = await startTestFirestore({ dataDir: dir });
    const one = await first.connect('p').doc('c/d').set(written);
    await first.connect('p').doc('c/gone').set({});
    await first.connect('p').doc('c/gone').delete();
    await first.stop();
    const second = await startTestFirestore({ dataDir: dir });
    const snapshot = await second.connect('p').doc('c/d').get();
    assert.deepEqual(snapshot.data(), written);
    assert.ok(snapshot.updateTime?.isEqual(one.writeTime));
    const again = await second.connect('p').doc('c/d').update({ text: '' });
    assert.ok(again.writeTime > one.writeTime);
    assert.equal((await second.connect('p').collection('c').get()).size, 1);
    await second.stop();
    assert.deepEqual(readdirSync(dir), ['firestore.jsonl']);
  });

  it('contains one line of JSON per document', async () => {
    const firestore = await startTestFirestore({ dataDir: dir });
    await firestore.connect('p').doc('c/d').set({ n: 1 });
    await firestore.stop();
    const [header, document, end, ...rest] = readFileSync(file, 'utf8').split('\n');
    assert.deepEqual(JSON.parse(header ?? ''), { format: 'embedded-firestore', version: 1, documents: 1 });
    assert.equal(JSON.parse(document ?? '').name, 'projects/p/databases/(default)/documents/c/d');
    assert.deepEqual([end, rest], ['', []]);
  });

  it('fails to stop if it cannot save', async () => {
    const firestore = await startTestFirestore({ dataDir: dir });
    await firestore.connect('p').doc('c/d').set({ n: 1 });
    rmSync(dir, { recursive: true });
    await assert.rejects(firestore.stop(), { code: 'ENOENT' });
  });

  const damages: [string, (text: string) => string][] = [
    ['empty', () => ''],
    ['truncated', (text) => text.slice(0, -20)],
    ['missing a line', (text) => text.split('\n').toSpliced(1, 1).join('\n')],
    ['not JSON', (text) => text.replace('"fields"', 'fields')],
    ['of another version', (text) => text.replace('"version":1', '"version":9')],
    ['containing a document without a name', (text) => text.replace('"name"', '"nom"')],
  ];
  for (const [damage, apply] of damages) {
    it(`does not start, and keeps the file, if it is ${damage}`, async () => {
      const firestore = await startTestFirestore({ dataDir: dir });
      await firestore.connect('p').doc('c/d').set({ n: 1 });
      await firestore.connect('p').doc('c/e').set({ n: 1 });
      await firestore.stop();
      const damaged = apply(readFileSync(file, 'utf8'));
      writeFileSync(file, damaged);
      await assert.rejects(startFirestore({ dataDir: dir }), /firestore\.jsonl is damaged/);
      assert.equal(readFileSync(file, 'utf8'), damaged);
    });
  }
});
