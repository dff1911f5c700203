import assert from 'node:assert/strict';
import { after, before, describe, it } from 'mocha';
import { readAccessChanges } from '../../../src/access/access-feed.ts';
import { openTestFirestore, type TestFirestore } from '../../helpers/firestore.ts';

describe('what a read of the access changes costs', () => {
  let firestore: TestFirestore;

  before(async () => {
    firestore = await openTestFirestore();
  });
  after(() => firestore.close());

  /** A change dated so many seconds ago. */
  async function change(uid: string, ago: number): Promise<number> {
    const at = Date.now() - ago * 1000;
    await firestore.db.collection('accessChanges').add({ uid, at: firestore.Timestamp.fromMillis(at) });
    return at;
  }

  it('does not find a burst of changes again and again while no other change comes', async () => {
    const readSince = readAccessChanges(firestore.open);
    for (let index = 0; index < 20; index++) await change(`burst-${index}`, 30);

    const first = await readSince(0);
    const since = (first.at(-1)?.at ?? 0) - 10_000;

    assert.equal(first.length, 20);
    assert.deepEqual(await readSince(since), []);
  });

  it('finds a change that was dated before the last read and shown after it', async () => {
    const readSince = readAccessChanges(firestore.open);
    await readSince(0);
    const at = await change('late', 5);

    assert.deepEqual(
      (await readSince(0)).map(({ uid }) => uid),
      ['late'],
    );
    assert.deepEqual(await readSince(at), [], 'and never one from before the moment that is asked for');
  });

  it('reads from where the last answer came, not from where the last question went', async () => {
    let isDown = false;
    const readSince = readAccessChanges(async () => {
      if (isDown) throw Object.assign(new Error('down'), { code: 14 });
      return firestore.open();
    });
    await change('before the outage', 30);
    isDown = true;
    await assert.rejects(readSince(0), { code: 'unavailable' });
    isDown = false;

    assert.ok((await readSince(0)).some(({ uid }) => uid === 'before the outage'));
  });
});
