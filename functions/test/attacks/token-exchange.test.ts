import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import { attacks } from './attack-table.ts';
import { assertAccepted, type Environment, openEnvironment } from './environment.ts';
import { issueToken, TRUSTED_ISSUERS, tokenKinds } from './token-kinds.ts';

/** Token exchange takes a token from the request body: the attacks of the table must fail there, too. */

const trustedIssuers = TRUSTED_ISSUERS.map((issuer) => ({ ...issuer, tokenExchange: true }));

describe('token exchange with an invalid subject token', () => {
  let environment: Environment;
  before(async () => {
    environment = await openEnvironment(trustedIssuers);
    for (const kind of tokenKinds) {
      await assertAccepted(environment, kind, await issueToken(kind, environment.now()));
    }
  });
  after(() => environment.close());

  const exchange = (token: string) =>
    environment.request({
      method: 'POST',
      path: '/v1/token/exchange',
      headers: ['Content-Type', 'application/x-www-form-urlencoded'],
      body: new URLSearchParams({
        grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
        subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
        subject_token: token,
      }).toString(),
    });

  for (const kind of tokenKinds) {
    it(`refuses every attack without an outgoing request (${kind.name})`, async () => {
      const { attacker, api, now } = environment;
      const validToken = await issueToken(kind, now());
      const context = { validToken, now: now(), url: attacker.url, key: attacker.key };
      for (const { name, tokens, appliesTo } of attacks) {
        if (appliesTo?.(kind) === false) continue;
        for (const token of (await tokens(kind, context)).slice(0, 4)) {
          if (token.length > 8_192) continue;
          environment.takeOutgoingRequests();
          api.lines.length = 0;
          const { status, body } = await exchange(token);
          assert.deepEqual(
            [status, typeof body.access_token],
            [400, 'undefined'],
            `${name}: ${inspect(body)}`,
          );
          assert.deepEqual([environment.takeOutgoingRequests(), attacker.requestedPaths], [[], []], name);
          const text = inspect([body, api.lines], { depth: 10, maxStringLength: null });
          for (const part of token.split('.', 8)) assert.ok(part.length < 8 || !text.includes(part), text);
        }
      }
    });
  }
});
