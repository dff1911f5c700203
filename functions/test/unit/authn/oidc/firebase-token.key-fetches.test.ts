import assert from 'node:assert/strict';
import { dummySignature, forgeIdToken } from '../../../helpers/forge.ts';
import { CERTIFICATES, KEYS, mintIdToken } from '../../../helpers/google.ts';
import { authenticateToken, useTestInstance } from '../../../helpers/instance.ts';
import { assertRefused, refusalOf } from '../../../helpers/refusal.ts';

describe('a thousand unknown kids', () => {
  const test = useTestInstance('each');

  const tokens = Array.from({ length: 1000 }, (_, i) =>
    forgeIdToken({ header: { kid: `kid-${i}` }, signer: dummySignature }),
  );

  it('one after another cause one key fetch', async () => {
    for (const token of tokens)
      await assertRefused(() => authenticateToken(test.instance, token), 'invalid_token');
    assert.equal(test.google.count(KEYS), 1);
  });

  it('at once on a cold instance cause one key fetch', async () => {
    await Promise.all(
      tokens.map((token) => assertRefused(() => authenticateToken(test.instance, token), 'invalid_token')),
    );
    assert.equal(test.google.count(KEYS), 1);
  });

  it('at once after the keys have expired cause one more key fetch', async () => {
    test.google.users.set('ada', { localId: 'ada' });
    const startTime = Date.now();
    let offset = 0;
    const fixedClock = test.another({ clock: () => startTime + offset });
    await authenticateToken(fixedClock, await mintIdToken());
    offset = 10 * 60_000;
    await Promise.all(tokens.map((token) => refusalOf(() => authenticateToken(fixedClock, token))));
    assert.equal(test.google.count(KEYS), 2);
  });

  it('cause no request of firebase-admin, which verifies nothing in production', async () => {
    test.google.users.set('ada', { localId: 'ada' });
    await authenticateToken(test.instance, await mintIdToken());
    await refusalOf(() => authenticateToken(test.instance, tokens[0] ?? ''));
    // Of the new user's account.
    const lookUps = test.google.count('accounts:lookup');
    assert.deepEqual(
      [test.google.requests.length - lookUps, test.google.count(KEYS), test.google.count(CERTIFICATES)],
      [1, 1, 0],
    );
  });

  it('do not prevent a valid token from being accepted', async () => {
    test.google.users.set('ada', { localId: 'ada' });
    for (const token of tokens.slice(0, 20)) await refusalOf(() => authenticateToken(test.instance, token));
    assert.equal((await authenticateToken(test.instance, await mintIdToken())).subject, 'ada');
  });
});
