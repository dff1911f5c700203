import assert from 'node:assert/strict';
import { MAX_KEY_SET_BYTES } from '../../../../src/authn/oidc/issuer-profile.ts';
import { createKeySet, type KeySet } from '../../../../src/authn/oidc/jwks.ts';
import { type KeyServer, openKeyServer } from '../../../helpers/key-server.ts';
import { type LogLine, recordingLog } from '../../../helpers/log.ts';
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
  let lines: LogLine[];
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

  function create(): KeySet {
    const recording = recordingLog();
    lines = recording.lines;
    return createKeySet({
      ...{ jwksUri: `${ISSUER}keys`, issuer: ISSUER, algorithms: ['ES256'], maxBytes: MAX_KEY_SET_BYTES },
      ...{ fetch: server.fetch, clock: () => now, log: recording.log },
    });
  }
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
    assert.deepEqual(skipped(), [['old: names different keys']]);
  });

  const skipped = () => lines.map((line) => line.skipped);

  it('uses a key that is published twice, and logs that once per key set', async () => {
    const [old, next] = [pairs.get('old')?.jwk, pairs.get('new')?.jwk];
    server.publish({ keys: [old, old, { ...next, use: 'sig' }, { ...next, alg: 'ES256', x5c: ['x'] }] });
    assert.equal((await find('old')).type, 'public');
    assert.equal((await find('new')).type, 'public');
    const line = { kind: 'keysSkipped', issuer: ISSUER, usable: 2 };
    assert.deepEqual(lines, [{ ...line, skipped: ['old: is published twice', 'new: is published twice'] }]);
    now += 10 * MINUTE;
    await find('old');
    assert.equal(lines.length, 1, 'the same set');
    server.publish({ keys: [null, old] });
    now += 10 * MINUTE;
    await find('old');
    publish('old');
    now += 10 * MINUTE;
    await find('old');
    assert.deepEqual(skipped().slice(1), [['key 0: is not an object']]);
  });

  it('uses the other keys beside a kid of different keys', async () => {
    const twin = { ...pairs.get('new')?.jwk, kid: 'old' };
    server.publish({ keys: [pairs.get('old')?.jwk, twin, pairs.get('old')?.jwk, pairs.get('new')?.jwk] });
    assert.equal((await find('new')).type, 'public');
    await assertRefused(() => find('old'), 'invalid_token', 'no-key-for-algorithm');
  });

  it('uses a set of 29 keys with certificate chains of 2 kB', async () => {
    const chains = Array.from({ length: 28 }, (_, index) => ({
      ...{ ...pairs.get('new')?.jwk, kid: `k${index}`, x5c: ['A'.repeat(2_000)] },
    }));
    server.publish({ keys: [...chains, { ...pairs.get('old')?.jwk, x5c: ['A'.repeat(2_000)] }] });
    assert.equal((await find('old')).type, 'public');
    assert.equal((await find('k7')).type, 'public');
  });

  it('uses a set of 512 KiB, and refuses one that is a byte longer', async () => {
    const document = { keys: [pairs.get('old')?.jwk], pad: '' };
    document.pad = 'x'.repeat(MAX_KEY_SET_BYTES - JSON.stringify(document).length);
    server.publish(document);
    await find('old');
    document.pad += 'x';
    server.publish(document);
    keys = create();
    await assertRefused(() => find('old'), 'unavailable', /larger than 524288 bytes \(maxKeySetBytes\)/);
  });
});
