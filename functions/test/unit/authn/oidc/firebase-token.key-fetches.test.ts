import assert from 'node:assert/strict';
import { openTestFirestore, type TestFirestore } from '../../../helpers/firestore.ts';
import { dummySignature, forgeIdToken } from '../../../helpers/forge.ts';
import { CERTIFICATES, type Google, KEYS, mintIdToken, openGoogle } from '../../../helpers/google.ts';
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
    assert.equal(google.count(KEYS), 1);
  });

  it('at once on a cold instance cause one key fetch', async () => {
    await Promise.all(tokens.map((token) => assertRefused(() => present(instance, token), 'invalid_token')));
    assert.equal(google.count(KEYS), 1);
  });

  it('at once after the keys have expired cause one more key fetch', async () => {
    google.users.set('ada', { localId: 'ada' });
    const startTime = Date.now();
    let offset = 0;
    const fixedClock = createInstance(google, firestore, { clock: () => startTime + offset });
    await present(fixedClock, await mintIdToken());
    offset = 10 * 60_000;
    await Promise.all(tokens.map((token) => refusalOf(() => present(fixedClock, token))));
    assert.equal(google.count(KEYS), 2);
  });

  it('cause no request of firebase-admin, which verifies nothing in production', async () => {
    google.users.set('ada', { localId: 'ada' });
    await present(instance, await mintIdToken());
    await refusalOf(() => present(instance, tokens[0] ?? ''));
    assert.deepEqual([google.requests.length, google.count(KEYS), google.count(CERTIFICATES)], [1, 1, 0]);
  });

  it('do not prevent a valid token from being accepted', async () => {
    google.users.set('ada', { localId: 'ada' });
    for (const token of tokens.slice(0, 20)) await refusalOf(() => present(instance, token));
    assert.equal((await present(instance, await mintIdToken())).subject, 'ada');
  });
});
