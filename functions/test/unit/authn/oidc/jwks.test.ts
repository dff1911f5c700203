import assert from 'node:assert/strict';
import { createKeySet, type KeySet } from '../../../../src/authn/oidc/jwks.ts';
import { type KeyServer, openKeyServer } from '../../../helpers/key-server.ts';
import { assertRefused } from '../../../helpers/refusal.ts';
import { createSigningPair, type SigningPair } from '../../../helpers/signing.ts';

const ISSUER = 'https://login.example.com/';
const NO_KEYS = `no keys of ${ISSUER}: ${ISSUER}keys gave no JSON: Error: status 500`;
const NO_NEW_KEYS = NO_KEYS.replace('no keys', 'no new keys');
const SECOND = 1_000;
const MINUTE = 60 * SECOND;

describe('createKeySet', () => {
  let server: KeyServer;
  let keys: KeySet;
  let now = 0;
  const pairs = new Map<string, SigningPair>();

  before(async () => {
    for (const kid of ['old', 'new']) pairs.set(kid, await createSigningPair('ES256', kid));
  });
  beforeEach(async () => {
    now = 1_800_000_000_000;
    server = await openKeyServer();
    publish('old');
    keys = create();
  });
  afterEach(() => server.close());

  const create = () =>
    createKeySet({
      ...{ jwksUri: `${ISSUER}keys`, issuer: ISSUER, algorithms: ['ES256'] },
      ...{ fetch: server.fetch, clock: () => now },
    });
  const publish = (...kids: string[]) => server.publish({ keys: kids.map((kid) => pairs.get(kid)?.jwk) });
  const down = () => server.answer((_req, res) => void res.writeHead(500).end());
  const find = (kid: string) => keys.find({ alg: 'ES256', kid });
  const fetches = () => server.requests.length;

  it('fetches nothing before a token needs a key, then only from jwksUri', async () => {
    assert.equal(fetches(), 0);
    assert.equal((await find('old')).type, 'public');
    assert.deepEqual(server.requests, ['login.example.com/keys']);
  });

  it('caches its keys for ten minutes, to the millisecond', async () => {
    await find('old');
    now += 10 * MINUTE - 1;
    await find('old');
    assert.equal(fetches(), 1);
    now += 1;
    await find('old');
    assert.equal(fetches(), 2);
  });

  it('fetches once for a thousand concurrent first tokens', async () => {
    await Promise.all(Array.from({ length: 1_000 }, () => find('old')));
    assert.equal(fetches(), 1);
  });

  it('fetches at most once in 30 seconds for a thousand unknown key ids', async () => {
    await find('old');
    const unknown = () =>
      Array.from({ length: 500 }, (_, index) =>
        assertRefused(() => find(`x${index}`), 'invalid_token', 'unknown-kid'),
      );
    await Promise.all(unknown());
    assert.equal(fetches(), 1);
    now += 30 * SECOND - 1;
    await Promise.all(unknown());
    assert.equal(fetches(), 1);
    now += 1;
    await Promise.all(unknown());
    assert.equal(fetches(), 2);
  });

  it('finds a new key 30 seconds after the last fetch', async () => {
    await find('old');
    publish('old', 'new');
    now += 29 * SECOND;
    await assertRefused(() => find('new'), 'invalid_token', 'unknown-kid');
    now += SECOND;
    await find('new');
    await find('old');
    assert.equal(fetches(), 2);
  });

  it('drops a withdrawn key after at most ten minutes', async () => {
    publish('old', 'new');
    await find('old');
    publish('new');
    now += 10 * MINUTE - 1;
    await find('old');
    now += 1;
    await assertRefused(() => find('old'), 'invalid_token', 'unknown-kid');
    await find('new');
  });

  it('uses its keys for an hour while the endpoint is down, and retries every 30 seconds', async () => {
    await find('old');
    down();
    now += 10 * MINUTE;
    for (let tries = 2; tries < 12; tries++) {
      await find('old');
      await find('old');
      assert.equal(fetches(), tries);
      now += 30 * SECOND;
    }
    now = 1_800_000_000_000 + 60 * MINUTE - 1;
    await find('old');
    now += 1;
    await assertRefused(() => find('old'), 'unavailable', NO_KEYS);
  });

  it('is unavailable for an unknown key while the endpoint is down', async () => {
    await find('old');
    down();
    now += 30 * SECOND;
    await assertRefused(() => find('new'), 'unavailable', NO_NEW_KEYS);
    await find('old');
    publish('old', 'new');
    now += 30 * SECOND;
    await find('new');
    await assertRefused(() => find('x'), 'invalid_token', 'unknown-kid');
  });

  it('retries every 5 seconds while it has no keys, and recovers at the next retry', async () => {
    down();
    const { retryAfter } = await assertRefused(() => find('old'), 'unavailable', NO_KEYS);
    assert.equal(retryAfter, 5);
    now += 5 * SECOND - 1;
    await assertRefused(() => find('old'), 'unavailable');
    assert.equal(fetches(), 1);
    publish('old');
    now += 1;
    await find('old');
    assert.equal(fetches(), 2);
  });

  it('fetches again when the clock was set back or far ahead', async () => {
    await find('old');
    publish('new');
    now -= 60 * MINUTE;
    await find('new');
    assert.equal(fetches(), 2);
    now += 120 * MINUTE;
    await find('new');
    assert.equal(fetches(), 3);
    down();
    now -= 60 * MINUTE;
    await assertRefused(() => find('new'), 'unavailable');
    now += 60 * MINUTE;
    await find('new');
  });

  it('refuses a key for another algorithm than in the header, and a kid that two keys share', async () => {
    await assertRefused(
      () => keys.find({ alg: 'RS256', kid: 'old' }),
      'invalid_token',
      'no-key-for-algorithm',
    );
    const twin = { ...pairs.get('new')?.jwk, kid: 'old' };
    server.publish({ keys: [pairs.get('old')?.jwk, twin] });
    keys = create();
    await assertRefused(() => find('old'), 'invalid_token', 'no-key-for-algorithm');
  });
});
