import assert from 'node:assert/strict';
import { AppError } from '../../../../src/core/errors.ts';
import { FIRESTORE_DEADLINE_MS, useFirestore } from '../../../../src/platform/firestore/firestore.ts';
import { withoutDelay } from '../../../helpers/fake-timers.ts';
import {
  connect,
  openTestFirestore,
  startTestFirestore,
  type TestFirestore,
} from '../../../helpers/firestore.ts';
import { assertRefused } from '../../../helpers/refusal.ts';

describe('useFirestore', () => {
  let firestore: TestFirestore;
  before(async () => {
    firestore = await openTestFirestore();
  });
  after(() => firestore.close());

  const failing = (error: unknown) =>
    useFirestore('directory.find', firestore.open, () => Promise.reject(error));
  const ofCode = (code: unknown) => Object.assign(new Error('14 UNAVAILABLE: secret detail'), { code });

  it('returns the result of the work on an opened database', async () => {
    const id = await useFirestore('notes.find', firestore.open, async ({ db }) => {
      await db.doc('things/a').set({ size: 7 });
      return (await db.doc('things/a').get()).get('size');
    });
    assert.equal(id, 7);
  });

  for (const code of [1, 2, 4, 8, 10, 13, 14]) {
    it(`is unavailable for the Firestore error ${code}, with the reason only in the log`, async () => {
      const cause = ofCode(code);
      const error = await assertRefused(() => failing(cause), 'unavailable', `directory.find: ${code}`);
      assert.equal(error.cause, cause);
      assert.ok((error.retryAfter ?? 0) > 0);
      assert.doesNotMatch(error.message, /secret|directory/);
    });
  }

  /** A bug, a missing index or a missing permission: a retry would not help. */
  for (const code of [0, 3, 5, 6, 7, 9, 11, 12, 15, 16, '14', 'ECONNREFUSED', undefined]) {
    it(`passes on the Firestore error ${code}`, async () => {
      const cause = ofCode(code);
      await assert.rejects(failing(cause), (thrown) => thrown === cause);
    });
  }

  for (const cause of [new TypeError('a bug'), { code: 14 }, 'text', null]) {
    it(`passes on the error ${JSON.stringify(cause)} of the work`, async () => {
      await assert.rejects(failing(cause), (thrown) => thrown === cause);
    });
  }

  it('passes on a refusal from inside a transaction', async () => {
    const refusal = new AppError('last_owner');
    const work = () => firestore.db.runTransaction(() => Promise.reject(refusal));
    await assert.rejects(
      useFirestore('directory.change', firestore.open, work),
      (thrown) => thrown === refusal,
    );
  });

  it('passes on the error of opening the database', async () => {
    const cause = new Error('no SDK');
    const opening = useFirestore(
      'x',
      () => Promise.reject(cause),
      async () => assert.fail(),
    );
    await assert.rejects(opening, (thrown) => thrown === cause);
  });
});

describe('useFirestore without an answer of Firestore', () => {
  it('is unavailable at the deadline, and works again afterwards', async () => {
    const silence = Promise.withResolvers<void>();
    const server = await startTestFirestore({ beforeCall: () => silence.promise });
    const firestore = connect(server);
    const read = () =>
      useFirestore('directory.find', firestore.open, ({ db }) => db.doc('directory/ada').get());
    try {
      const reason = `directory.find: no answer in ${FIRESTORE_DEADLINE_MS} ms`;
      await withoutDelay(() => assertRefused(read, 'unavailable', reason), FIRESTORE_DEADLINE_MS);
      silence.resolve();
      assert.equal((await read()).exists, false);
    } finally {
      silence.resolve();
      await firestore.close();
      await server.stop();
    }
  });
});
