import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { dummySignature } from '../helpers/forge.ts';
import { KEYS } from '../helpers/google.ts';
import { isFirebase } from './attack.ts';
import { assertAccepted, type Environment, openEnvironment } from './environment.ts';
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
