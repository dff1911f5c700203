import assert from 'node:assert/strict';
import { loadConfig } from '../../../src/config.ts';
import { AppError } from '../../../src/core/errors.ts';
import { createPlatform } from '../../../src/platform/platform.ts';

const EMULATOR = { FUNCTIONS_EMULATOR: 'true', GCLOUD_PROJECT: 'demo-x' };

describe('the emulators without Firestore', () => {
  it('answer 503 with a text that says how to start Firestore', async () => {
    const { firestore } = createPlatform(loadConfig(EMULATOR));
    await assert.rejects(firestore, (error: unknown) => {
      assert.ok(error instanceof AppError);
      assert.equal(error.code, 'unavailable');
      assert.match(error.message, /^No Firestore emulator runs\. .*npm start/);
      assert.equal(error.logDetail, error.message);
      return true;
    });
  });

  it('is noticed only in a demo project: others may use their Firestore', () => {
    const lacks = (env: NodeJS.ProcessEnv) => loadConfig({ ...EMULATOR, ...env }).lacksFirestore;
    assert.equal(lacks({}), true);
    assert.equal(lacks({ FIRESTORE_EMULATOR_HOST: '127.0.0.1:8080' }), false);
    assert.equal(lacks({ GCLOUD_PROJECT: 'acme' }), false);
  });
});
