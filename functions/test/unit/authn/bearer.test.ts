import assert from 'node:assert/strict';
import { type BearerAuthenticator, createBearerAuthenticator } from '../../../src/authn/bearer.ts';
import { createTokenVerifiers } from '../../../src/authn/oidc/external-token.ts';
import { type KeyServer, openKeyServer } from '../../helpers/key-server.ts';
import { silentLog } from '../../helpers/log.ts';
import { assertRefused } from '../../helpers/refusal.ts';
import { createSigningPair, type SigningPair } from '../../helpers/signing.ts';
import { parseTrustedIssuers } from '../../helpers/trusted-issuers.ts';

const NOW = 1_800_000_000;
const entry = (host: string, more: object = {}) => ({
  ...{ type: 'oidc', issuer: `https://${host}`, audience: 'api', jwksUri: `https://${host}/keys` },
  ...{ typ: ['jwt'], ...more },
});

describe('createBearerAuthenticator', () => {
  let server: KeyServer;
  let pair: SigningPair;
  let bearer: BearerAuthenticator;
  let now = NOW;

  before(async () => {
    server = await openKeyServer();
    pair = await createSigningPair('RS256', 'k1');
    server.publish({ keys: [pair.jwk] });
    const entries = [entry('a.example'), entry('b.example', { headerKeys: ['x5t'] })];
    const verifiers = createTokenVerifiers({
      profiles: parseTrustedIssuers(JSON.stringify(entries), { local: false, allowFirebase: false }),
      ...{ fetch: server.fetch, clock: () => now * 1000, log: silentLog, records: null },
    });
    bearer = createBearerAuthenticator(verifiers);
  });
  after(() => server.close());

  const verify = async (token: string) => bearer.authenticate(token, now);
  const mint = (iss: unknown, header: Record<string, unknown> = {}) =>
    pair.sign({ iss, aud: 'api', sub: 'ada', iat: NOW, exp: NOW + 60 }, header);

  it('verifies a token once, and caches it until it expires', async () => {
    const token = await mint('https://a.example');
    const first = await verify(token);
    assert.equal(bearer.authenticate(token, now), first, 'without a promise');
    bearer.forget(token);
    assert.deepEqual(await verify(token), first);
    now = NOW + 60;
    await assertRefused(() => verify(token), 'invalid_token', 'token-expired');
    now = NOW;
  });

  it('refuses an `iss` that is not exactly in the list, without any request', async () => {
    const before = server.requests.length;
    for (const iss of [
      ...[
        'https://a.example/',
        'https://A.example',
        'http://a.example',
        'https://a.example.evil.example',
        '',
      ],
      ...[['https://a.example'], { toString: 'https://a.example' }, null, undefined, 7, '__proto__'],
    ]) {
      const token = await mint(iss);
      await assertRefused(() => verify(token), 'invalid_token', 'issuer-not-trusted');
    }
    assert.equal(server.requests.length, before);
  });

  it('allows a header key only to an issuer that has it in its profile', async () => {
    assert.equal((await verify(await mint('https://b.example', { x5t: 'x' }))).principal.subject, 'ada');
    for (const [iss, key] of [
      ['https://a.example', 'x5t'],
      ['https://b.example', 'x5u'],
      ['https://evil.example', 'x5t'],
    ] as const) {
      const token = await mint(iss, { [key]: 'https://evil.example/' });
      await assertRefused(() => verify(token), 'invalid_token', 'header-key-not-allowed');
    }
  });
});
