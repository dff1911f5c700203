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

describe('a use of Firestore', () => {
  let firestore: TestFirestore;
  before(async () => {
    firestore = await openTestFirestore();
  });
  after(() => firestore.close());

  const failing = (error: unknown) =>
    useFirestore('directory.find', firestore.open, () => Promise.reject(error));
  const ofCode = (code: unknown) => Object.assign(new Error('14 UNAVAILABLE: secret detail'), { code });

  it('gives what the work gives, on an opened database', async () => {
    const id = await useFirestore('notes.find', firestore.open, async ({ db }) => {
      await db.doc('things/a').set({ size: 7 });
      return (await db.doc('things/a').get()).get('size');
    });
    assert.equal(id, 7);
  });

  for (const code of [1, 2, 4, 8, 10, 13, 14]) {
    it(`is unavailable when Firestore says ${code}, and only the log learns why`, async () => {
      const cause = ofCode(code);
      const error = await assertRefused(() => failing(cause), 'unavailable', `directory.find: ${code}`);
      assert.equal(error.cause, cause);
      assert.ok((error.retryAfter ?? 0) > 0);
      assert.doesNotMatch(error.message, /secret|directory/);
    });
  }

  /** A bug, a missing index or a missing right: trying again will not help, and hiding it would not either. */
  for (const code of [0, 3, 5, 6, 7, 9, 11, 12, 15, 16, '14', 'ECONNREFUSED', undefined]) {
    it(`fails as Firestore does when it says ${code}`, async () => {
      const cause = ofCode(code);
      await assert.rejects(failing(cause), (thrown) => thrown === cause);
    });
  }

  for (const cause of [new TypeError('a bug'), { code: 14 }, 'text', null]) {
    it(`fails as the work does: ${JSON.stringify(cause)}`, async () => {
      await assert.rejects(failing(cause), (thrown) => thrown === cause);
    });
  }

  it('is refused as the work refuses, out of a transaction, too', async () => {
    const refusal = new AppError('last_owner');
    const work = () => firestore.db.runTransaction(() => Promise.reject(refusal));
    await assert.rejects(
      useFirestore('directory.change', firestore.open, work),
      (thrown) => thrown === refusal,
    );
  });

  it('fails as the opening does', async () => {
    const cause = new Error('no SDK');
    const opening = useFirestore(
      'x',
      () => Promise.reject(cause),
      async () => assert.fail(),
    );
    await assert.rejects(opening, (thrown) => thrown === cause);
  });
});

describe('a Firestore that does not answer', () => {
  it('is unavailable within the deadline, and used again afterwards', async () => {
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
