import assert from 'node:assert/strict';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';
import { type Api, openApi } from '../../../helpers/api.ts';
import { withManualTimeouts } from '../../../helpers/fake-timers.ts';
import { type KeyServer, openKeyServer } from '../../../helpers/key-server.ts';
import { assertProblem } from '../../../helpers/responses.ts';
import { createSigningPair, type SigningPair } from '../../../helpers/signing.ts';

const ISSUER = 'https://login.example.com';
const OTHER = 'https://other.example.com';
const MINUTE = 60_000;
const entry = (issuer: string) => ({
  ...{ type: 'oidc', issuer, audience: 'api', jwksUri: `${issuer}/keys`, typ: ['jwt'] },
  map: { everyone: ['member'] },
});

/** Faults of a key endpoint, as seen through the HTTP API. */
describe('while the keys of an issuer are unavailable', () => {
  let api: Api;
  let server: KeyServer;
  let pair: SigningPair;
  let startTime = 0;
  let offset = 0;

  before(async () => {
    pair = await createSigningPair('RS256', 'k1');
  });
  beforeEach(async () => {
    startTime = Date.now();
    offset = 0;
    server = await openKeyServer();
    api = await openApi({
      product: { trustedIssuers: [entry(ISSUER), entry(OTHER)] },
      clock: () => startTime + offset,
      fetch: server.fetch,
    });
  });
  afterEach(() => Promise.all([api.close(), server.close()]));

  const keys = () => server.publish({ keys: [pair.jwk] });
  const seconds = () => Math.floor((startTime + offset) / 1000);
  const mint = (iss = ISSUER) =>
    pair.sign({ iss, aud: 'api', sub: 'ada', iat: seconds() - 1, exp: seconds() + 4 * 3600 });
  const me = (token: string) => api.as().get('/v1/me').set('Authorization', `Bearer ${token}`);
  const answered = async (token: string, status: number) => {
    const { status: got, text } = await me(token);
    assert.equal(got, status, text);
  };
  const unavailable = async (token: string) => {
    const answer = await me(token);
    assertProblem(answer, 503, 'unavailable');
    assert.equal(answer.headers['retry-after'], '5');
    assert.doesNotMatch(answer.text, /login\.example|keys/);
  };

  const status =
    (code: number, body: string | Buffer = '', headers = {}) =>
    (_req: IncomingMessage, res: ServerResponse) =>
      void res.writeHead(code, headers).end(body);
  const publish = (res: ServerResponse, key: object) =>
    void res.writeHead(200).end(JSON.stringify({ keys: [key] }));
  const faults: Record<string, Parameters<KeyServer['answer']>[0]> = {
    'it breaks the connection': (_req, res) => void res.socket?.destroy(),
    'it answers 500': status(500, '{"keys":[]}'),
    'it answers 404': status(404),
    'it answers HTML': status(200, '<h1>Maintenance</h1>', { 'content-type': 'text/html' }),
    'it answers 50 MB': status(200, ' '.repeat(50 * 1024 * 1024)),
    'it answers a gzip bomb': status(200, gzipSync(Buffer.alloc(20 * 1024 * 1024, ' ')), {
      'content-encoding': 'gzip',
    }),
    'it redirects': status(302, '', { location: 'https://evil.example/keys' }),
    'it answers an empty object': status(200, '{}'),
    'its set is empty': status(200, '{"keys":[]}'),
    'its keys are not a list': status(200, '{"keys":{"k1":{}}}'),
    'its keys are null and strings': status(200, '{"keys":[null,"k1",7]}'),
    'its keys have no kid': status(200, '{"keys":[{"kty":"RSA","n":"AQAB","e":"AQAB"}]}'),
    'its only key is for encryption': (_req, res) => publish(res, { ...pair.jwk, use: 'enc' }),
    'its only key is private': (_req, res) => publish(res, pair.privateJwk),
    'its only key is small': (_req, res) => publish(res, { ...pair.jwk, n: pair.jwk.n?.slice(0, 170) }),
  };
  for (const what of Object.keys(faults)) {
    it(`a cold instance answers 503 with Retry-After, and recovers: ${what}`, async () => {
      const token = await mint();
      server.answer(faults[what] ?? assert.fail());
      await unavailable(token);
      assert.deepEqual(server.requests, ['login.example.com/keys']);
      keys();
      offset = 5_000;
      await answered(token, 200);
      await answered(token, 200);
    });
  }

  it('cached keys verify known and new tokens for an hour, and no longer', async () => {
    keys();
    const [seen, fresh, late] = [await mint(), await mint(), await mint()];
    await answered(seen, 200);
    server.answer(faults['it answers 500'] ?? assert.fail());
    offset = 59 * MINUTE;
    await answered(seen, 200);
    await answered(fresh, 200);
    offset = 60 * MINUTE;
    await unavailable(late);
    keys();
    offset += 5_000;
    await answered(late, 200);
  });

  it('a token with an unknown key is answered with 503, not with 401', async () => {
    keys();
    await answered(await mint(), 200);
    server.answer(faults['it answers 500'] ?? assert.fail());
    offset = 30_000;
    const now = seconds();
    const rotated = await createSigningPair('RS256', 'k2');
    const token = await rotated.sign({ iss: ISSUER, aud: 'api', sub: 'ada', iat: now, exp: now + 60 });
    await unavailable(token);
    await answered(await mint(), 200);
    server.publish({ keys: [pair.jwk, rotated.jwk] });
    offset = 60_000 - 1;
    await unavailable(token);
    offset = 60_000;
    await answered(token, 200);
  });

  it('health, Firebase users and users of other issuers are served while it hangs', async () => {
    const token = await mint();
    const reached = Promise.withResolvers<void>();
    await withManualTimeouts(async (pass) => {
      server.answer((req, res) => {
        if (req.headers['x-asked-host'] === 'login.example.com') reached.resolve();
        else publish(res, pair.jwk);
      });
      const waiting = Promise.all(Array.from({ length: 20 }, () => unavailable(token)));
      await reached.promise;
      assert.equal((await api.as().get('/v1/health')).status, 200);
      assert.equal((await api.as('member').get('/v1/me')).status, 200);
      await answered(await mint(OTHER), 200);
      pass();
      await waiting;
    });
    assert.equal(server.requests.filter((request) => request.startsWith('login.')).length, 1);
  });
});
