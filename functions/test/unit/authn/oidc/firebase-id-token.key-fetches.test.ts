import assert from 'node:assert/strict';
import { openTestFirestore, type TestFirestore } from '../../../helpers/firestore.ts';
import { dummySignature, forgeIdToken } from '../../../helpers/forge.ts';
import { CERTIFICATES, type Google, mintIdToken, openGoogle } from '../../../helpers/google.ts';
import { createInstance, type Instance, present } from '../../../helpers/instance.ts';
import { assertRefused, refusalOf } from '../../../helpers/refusal.ts';

describe('a thousand unknown kids', () => {
  let google: Google;
  let firestore: TestFirestore;
  let instance: Instance;
  beforeEach(async () => {
    google = await openGoogle();
    firestore = await openTestFirestore();
    instance = createInstance(google, firestore);
  });
  afterEach(() => Promise.all([google.close(), firestore.close()]));

  const tokens = Array.from({ length: 1000 }, (_, i) =>
    forgeIdToken({ header: { kid: `kid-${i}` }, signer: dummySignature }),
  );

  it('one after another cause one key fetch', async () => {
    for (const token of tokens) await assertRefused(() => present(instance, token), 'invalid_token');
    assert.equal(google.count(CERTIFICATES), 1);
  });

  it('all at once, on a cold instance, cause one key fetch', async () => {
    await Promise.all(tokens.map((token) => assertRefused(() => present(instance, token), 'invalid_token')));
    assert.equal(google.count(CERTIFICATES), 1);
  });

  it('all at once, when the keys have just run out, cause one more key fetch', async () => {
    google.users.set('ada', { localId: 'ada' });
    await present(instance, await mintIdToken());
    const realNow = Date.now;
    // firebase-admin reads this clock; the instance goes on by its own, so that the tokens are good for it.
    const now = realNow();
    const steady = createInstance(google, firestore, { clock: () => now });
    await present(steady, await mintIdToken());
    Date.now = () => realNow() + 3_601_000;
    try {
      await Promise.all(tokens.map((token) => refusalOf(() => present(steady, token))));
    } finally {
      Date.now = realNow;
    }
    assert.equal(google.count(CERTIFICATES), 2);
  });

  it('do not keep a good token out', async () => {
    google.users.set('ada', { localId: 'ada' });
    for (const token of tokens.slice(0, 20)) await refusalOf(() => present(instance, token));
    assert.equal((await present(instance, await mintIdToken())).subject, 'ada');
  });
});
