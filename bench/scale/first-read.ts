import { readAccessChanges } from '../../functions/src/access/access-feed.ts';
import { openFirestoreAt, startFirestoreProcess } from '../firestore.ts';
import { median } from '../measure.ts';

const BATCH = 500;

/** Milliseconds for one read of so many access changes: what an instance does first when it starts. */
export async function firstRead(changes: number): Promise<number> {
  const firestore = await startFirestoreProcess();
  const open = openFirestoreAt(firestore.host);
  const { db, FieldValue } = await open();
  for (let from = 0; from < changes; from += BATCH) {
    const batch = db.batch();
    for (let index = from; index < Math.min(changes, from + BATCH); index++) {
      const change = { uid: `user-${index}`, rolesVersion: 2, at: FieldValue.serverTimestamp() };
      batch.create(db.collection('accessChanges').doc(), { ...change, expireAt: new Date() });
    }
    await batch.commit();
  }
  const samples: number[] = [];
  for (let run = 0; run < 5; run++) {
    const begin = performance.now();
    const read = await readAccessChanges(open)(0);
    if (read.changes.length !== changes) throw new Error(`${read.changes.length} of ${changes} were read`);
    samples.push(performance.now() - begin);
  }
  await db.terminate();
  firestore.stop();
  return median(samples);
}
