import assert from 'node:assert/strict';
import type { AttackContext } from './attack.ts';
import { attacks } from './attack-table.ts';
import {
  assertAccepted,
  assertRefused,
  type Environment,
  isKeyRequest,
  openEnvironment,
} from './environment.ts';
import { issueToken, type TokenKind, tokenKinds } from './token-kinds.ts';

/** Every attack of the table on every kind of token, through the HTTP API as in production. */

let sentTokens = 0;

async function contextOf({ attacker, now }: Environment, kind: TokenKind): Promise<AttackContext> {
  const validToken = await issueToken(kind, now());
  return { validToken, now: now(), url: attacker.url, key: attacker.key };
}

describe('invalid tokens, before any key is cached', () => {
  let environment: Environment;
  before(async () => {
    environment = await openEnvironment();
  });
  after(() => environment.close());

  for (const kind of tokenKinds) {
    describe(kind.name, () => {
      for (const { name, tokens, appliesTo, needsKey } of attacks) {
        if (needsKey || appliesTo?.(kind) === false) continue;
        it(`refuses ${name} without fetching keys`, async () => {
          const invalid = await tokens(kind, await contextOf(environment, kind));
          for (const token of invalid) await assertRefused(environment, token);
          sentTokens += invalid.length;
        });
      }
    });
  }

  // A suite, because Mocha runs the tests of a suite before its nested suites.
  describe('after all attacks', () => {
    it('fetches only the keys of the issuer for its first valid token', async () => {
      const seen = new Set<string>();
      for (const kind of tokenKinds) {
        await assertAccepted(environment, kind, await issueToken(kind, environment.now()));
        const { issuers } = environment;
        const expected = kind.keyUrls.map((url) => `${issuers.url}/${url.replace('https://', '')}`);
        const requested = environment.takeOutgoingRequests();
        if (seen.has(kind.issuer)) assert.deepEqual(requested, []);
        else if (expected.length > 0) assert.deepEqual(requested, expected);
        else
          assert.ok(
            requested.length === 1 && requested.every((url) => isKeyRequest(environment, url)),
            String(requested),
          );
        seen.add(kind.issuer);
      }
    });
  });
});

describe('invalid tokens, with cached keys', () => {
  let environment: Environment;
  before(async () => {
    environment = await openEnvironment();
    for (const kind of tokenKinds) {
      await assertAccepted(environment, kind, await issueToken(kind, environment.now()));
    }
  });
  after(() => environment.close());

  for (const kind of tokenKinds) {
    describe(kind.name, () => {
      for (const { name, tokens, appliesTo } of attacks) {
        if (appliesTo?.(kind) === false) continue;
        it(`refuses ${name}`, async () => {
          const context = await contextOf(environment, kind);
          await assertAccepted(environment, kind, context.validToken);
          const invalid = await tokens(kind, context);
          for (const token of invalid) await assertRefused(environment, token);
          await assertAccepted(environment, kind, context.validToken);
          sentTokens += invalid.length;
        });
      }
    });
  }

  describe('after all attacks', () => {
    it('has sent no request to the attacker, and none to an unknown URL', () => {
      assert.deepEqual(environment.attacker.requestedPaths, []);
      const { requestedUrls } = environment.issuers;
      const known = new Set(tokenKinds.flatMap(({ keyUrls }) => keyUrls));
      assert.deepEqual(
        requestedUrls.filter((url) => !known.has(url)),
        [],
      );
    });
  });
});

describe('the attack table', () => {
  const exceptions = attacks.flatMap(({ name, appliesTo }) => {
    const excepted = tokenKinds.filter((kind) => appliesTo?.(kind) === false).map((kind) => kind.name);
    return excepted.length === 0 ? [] : [`${name}: not on ${excepted.join(', ')}`];
  });
  it('has at least 40 attacks on every kind of token', () => {
    for (const kind of tokenKinds) {
      const count = attacks.filter(({ appliesTo }) => appliesTo?.(kind) !== false).length;
      assert.ok(count >= 40, `${kind.name}: ${count}`);
    }
  });

  it('has no attack without a token kind, and prints the kinds that an attack excepts', () => {
    console.log(
      `      ${attacks.length} attacks on ${tokenKinds.length} kinds of token, ${sentTokens} tokens sent`,
    );
    for (const line of exceptions) console.log(`      ${line}`);
    assert.ok(attacks.every(({ appliesTo }) => appliesTo === undefined || tokenKinds.some(appliesTo)));
  });
});
