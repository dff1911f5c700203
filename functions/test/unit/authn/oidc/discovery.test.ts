import assert from 'node:assert/strict';
import { createKeySet, type KeySet } from '../../../../src/authn/oidc/jwks.ts';
import { type KeyServer, openKeyServer } from '../../../helpers/key-server.ts';
import { silentLog } from '../../../helpers/log.ts';
import { assertRefused } from '../../../helpers/refusal.ts';
import { createSigningPair, type SigningPair } from '../../../helpers/signing.ts';

const DOCUMENT = '/.well-known/openid-configuration';

describe('createKeySet with OpenID discovery', () => {
  let server: KeyServer;
  let pair: SigningPair;
  before(async () => {
    pair = await createSigningPair('EdDSA', 'k1');
  });
  beforeEach(async () => {
    server = await openKeyServer();
  });
  afterEach(() => server.close());

  /** Serves this document, and the keys everywhere else. */
  const serveDocument = (document: unknown) =>
    server.answer((req, res) => {
      const body = req.url?.endsWith(DOCUMENT) ? document : { keys: [pair.jwk] };
      res.writeHead(200).end(JSON.stringify(body));
    });
  const open = (issuer: string): KeySet =>
    createKeySet({
      ...{ jwksUri: null, issuer, algorithms: ['EdDSA'], maxBytes: 10_000 },
      ...{ fetch: server.fetch, clock: () => 1_800_000_000_000, log: silentLog },
    });
  const find = (issuer: string) => open(issuer).find({ alg: 'EdDSA', kid: 'k1' });

  for (const issuer of ['https://a.example', 'https://a.example/', 'https://a.example/realms/shop']) {
    it(`finds the keys of ${issuer}`, async () => {
      serveDocument({ issuer, jwks_uri: 'https://keys.example/v1' });
      await find(issuer);
      assert.deepEqual(server.requests, [
        `${issuer.replace(/^https:..|\/$/g, '')}${DOCUMENT}`,
        'keys.example/v1',
      ]);
    });
  }

  it('accepts plain HTTP only for an http: issuer and its own origin', async () => {
    const issuer = 'http://127.0.0.1:9000';
    serveDocument({ issuer, jwks_uri: `${issuer}/jwks` });
    await find(issuer);
    serveDocument({ issuer, jwks_uri: 'http://127.0.0.1:9001/jwks' });
    await assertRefused(() => find(issuer), 'unavailable');
  });

  const issuer = 'https://a.example';
  const jwks_uri = 'https://a.example/keys';
  const wrong: Record<string, unknown> = {
    'names another issuer': { issuer: 'https://b.example', jwks_uri },
    'names it with a slash': { issuer: `${issuer}/`, jwks_uri },
    'names it in upper case': { issuer: 'https://A.example', jwks_uri },
    'names no issuer': { jwks_uri },
    'names no keys': { issuer },
    'has a plain HTTP address': { issuer, jwks_uri: 'http://a.example/keys' },
    'has a relative address': { issuer, jwks_uri: '/keys' },
    'has a javascript: address': { issuer, jwks_uri: 'javascript:alert(1)' },
    'has a file: address': { issuer, jwks_uri: 'file:///etc/passwd' },
    'has a list of addresses': { issuer, jwks_uri: [jwks_uri] },
    'is null': null,
    'is a text': 'x',
  };
  for (const [what, document] of Object.entries(wrong)) {
    it(`fetches no keys when the document ${what}`, async () => {
      serveDocument(document);
      await assertRefused(() => find(issuer), 'unavailable', /: discovery of .* names another issuer/);
      assert.equal(server.requests.length, 1);
    });
  }

  it('is "unavailable" while there is no document', async () => {
    server.answer((_req, res) => void res.writeHead(404).end());
    await assertRefused(() => find(issuer), 'unavailable');
  });

  it('fetches a failing document, or failing keys, once per cool-down for any number of tokens', async () => {
    for (const failing of [DOCUMENT, '/keys']) {
      server.requests.length = 0;
      server.answer((req, res) => {
        if (req.url?.endsWith(failing)) res.writeHead(500).end();
        else res.writeHead(200).end(JSON.stringify({ issuer, jwks_uri }));
      });
      const keys = open(issuer);
      for (let kid = 0; kid < 60; kid++)
        await assertRefused(() => keys.find({ alg: 'EdDSA', kid: `k${kid}` }), 'unavailable');
      assert.equal(server.requests.filter((url) => url.endsWith(failing)).length, 1);
    }
  });

  it('fetches the document once for concurrent tokens', async () => {
    serveDocument({ issuer, jwks_uri });
    const keys = open(issuer);
    await Promise.all(Array.from({ length: 1_000 }, () => keys.find({ alg: 'EdDSA', kid: 'k1' })));
    assert.equal(server.requests.length, 2);
  });
});
