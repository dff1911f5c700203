import assert from 'node:assert/strict';
import { authenticate } from '../../../src/authn/authenticate.ts';
import { loadConfig } from '../../../src/config.ts';
import { openTestFirestore, type TestFirestore } from '../../helpers/firestore.ts';
import {
  type Google,
  googleKey,
  KEYS,
  keySet,
  mintIdToken,
  openGoogle,
  PROJECT,
} from '../../helpers/google.ts';
import { recordingLog } from '../../helpers/log.ts';
import { openInstance } from '../../helpers/open-instance.ts';

describe('authenticate: the first token of an instance', () => {
  let google: Google;
  let firestore: TestFirestore;

  before(async () => {
    google = await openGoogle();
    firestore = await openTestFirestore();
  });

  after(async () => {
    await google.close();
    await firestore.close();
  });

  it('opens Firestore while Google’s keys are being fetched', async () => {
    const opened = Promise.withResolvers<void>();
    google.answer(KEYS, () => async (res) => {
      await opened.promise;
      res.writeHead(200, { 'Content-Type': 'application/json' });
      res.end(JSON.stringify(keySet([googleKey])));
    });
    const deps = openInstance(loadConfig({ GCLOUD_PROJECT: PROJECT }), {
      app: google.app,
      fetch: google.fetch,
      firestore: () => {
        opened.resolve();
        return firestore.open();
      },
      log: recordingLog().log,
    });
    const credential = { authenticator: deps.bearer, value: await mintIdToken() };
    const { principal } = await authenticate(deps, credential, { fresh: false });
    assert.deepEqual([principal.kind, principal.uid], ['user', 'ada']);
  });
});
