import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { dummySignature } from '../helpers/forge.ts';
import { googleKey, KEYS, keySet } from '../helpers/google.ts';
import { isFirebase } from './attack.ts';
import { assertAccepted, type Environment, openEnvironment } from './environment.ts';
import type { Responder } from './issuer-servers.ts';
import { forgeToken, issueToken, type TokenKind, tokenKinds } from './token-kinds.ts';

/** Tokens with unknown key ids must not cause as many requests to the issuer. */

const oneKindPerIssuer = tokenKinds.filter(
  ({ issuer }, index) => tokenKinds.findIndex((other) => other.issuer === issuer) === index,
);

describe('a flood of tokens with unknown key ids', () => {
  let environment: Environment;
  beforeEach(async () => {
    environment = await openEnvironment();
  });
  afterEach(() => environment.close());

  /** How often the issuer's keys were fetched during the work. Checks that no other server was called. */
  async function fetchesDuring(kind: TokenKind, work: () => Promise<unknown>): Promise<number> {
    const { issuers, api, attacker } = environment;
    const before = issuers.requestedUrls.length;
    environment.takeOutgoingRequests();
    await work();
    assert.deepEqual(attacker.requestedPaths, []);
    const googleFetches = environment
      .takeOutgoingRequests()
      .filter((url) => url === `${api.google.url}${KEYS}`).length;
    assert.equal(api.google.count('accounts:lookup'), 0);
    if (isFirebase(kind)) {
      assert.equal(issuers.requestedUrls.length, before);
      return googleFetches;
    }
    assert.equal(googleFetches, 0);
    const requested = issuers.requestedUrls.slice(before);
    assert.deepEqual(
      requested,
      requested.map((_, index) => kind.keyUrls[index % kind.keyUrls.length]),
    );
    return requested.length / kind.keyUrls.length;
  }

  async function flood(kind: TokenKind, count: number): Promise<void> {
    const tokens = Array.from({ length: count }, () =>
      forgeToken(kind, environment.now(), { header: { kid: randomUUID() }, signer: dummySignature }),
    );
    const responses = await Promise.all(tokens.map((token) => environment.getMe(token)));
    assert.deepEqual(
      [...new Set(responses.map(({ status, body }) => `${status} ${body.code}`))],
      ['401 invalid_token'],
    );
  }

  for (const kind of oneKindPerIssuer) {
    it(`causes one key fetch in 30 seconds for 1,000 tokens (${kind.name})`, async () => {
      assert.equal(await fetchesDuring(kind, () => flood(kind, 1_000)), 1);
      assert.equal(await fetchesDuring(kind, () => flood(kind, 200)), 0);
      environment.advanceClock(29);
      assert.equal(await fetchesDuring(kind, () => flood(kind, 200)), 0);
      environment.advanceClock(1);
      assert.equal(await fetchesDuring(kind, () => flood(kind, 1_000)), 1);
      const validToken = await issueToken(kind, environment.now());
      assert.equal(await fetchesDuring(kind, () => assertAccepted(environment, kind, validToken)), 0);
    });
  }

  /** Serves errors in place of the keys. @returns what serves the keys again */
  function failKeys(kind: TokenKind): () => void {
    const { api, issuers } = environment;
    const fail: Responder = (res) => void res.writeHead(500).end();
    if (isFirebase(kind)) {
      api.google.answer(KEYS, () => fail);
      return () => api.google.answer(KEYS, () => keySet([googleKey]));
    }
    const url = kind.keyUrls.at(-1) ?? '';
    const { responders } = issuers;
    const serve = responders.get(url) ?? assert.fail();
    responders.set(url, fail);
    return () => void responders.set(url, serve);
  }

  for (const kind of oneKindPerIssuer) {
    it(`fetches failing keys once per cool-down (${kind.name})`, async () => {
      const restore = failKeys(kind);
      let jti = 0;
      const unseen = () => issueToken(kind, environment.now(), { jti: `${jti++}` });
      const unavailable = async () => {
        const { status } = await environment.getMe(await unseen());
        assert.equal(status, 503);
      };
      const oneByOne = async () => {
        for (let sent = 0; sent < 60; sent++) await unavailable();
      };
      const atOnce = () => Promise.all(Array.from({ length: 60 }, unavailable));
      assert.equal(await fetchesDuring(kind, oneByOne), 1);
      assert.equal(await fetchesDuring(kind, atOnce), 0);
      environment.advanceClock(4);
      assert.equal(await fetchesDuring(kind, oneByOne), 0);
      environment.advanceClock(1);
      assert.equal(await fetchesDuring(kind, atOnce), 1);
      restore();
      environment.advanceClock(5);
      const accept = async () => assertAccepted(environment, kind, await unseen());
      assert.equal(await fetchesDuring(kind, accept), 1);
      // With keys in memory: a fetch in 30 seconds, and every token is accepted meanwhile.
      failKeys(kind);
      environment.advanceClock(600);
      const acceptMany = async () => {
        for (let sent = 0; sent < 20; sent++) await accept();
      };
      assert.equal(await fetchesDuring(kind, acceptMany), 1);
      environment.advanceClock(29);
      assert.equal(await fetchesDuring(kind, acceptMany), 0);
      environment.advanceClock(1);
      assert.equal(await fetchesDuring(kind, acceptMany), 1);
    });
  }

  it('does not use up the key fetches of other issuers', async () => {
    const [first, ...others] = oneKindPerIssuer.filter((kind) => !isFirebase(kind));
    assert.ok(first);
    await flood(first, 100);
    for (const kind of others) {
      const validToken = await issueToken(kind, environment.now());
      assert.equal(
        await fetchesDuring(kind, () => assertAccepted(environment, kind, validToken)),
        1,
        kind.name,
      );
    }
  });
});
