import assert from 'node:assert/strict';
import { structuredLog } from '../../src/platform/logging/log.ts';
import { captureOutput, parseLines } from '../helpers/capture.ts';
import { type Environment, openEnvironment } from './environment.ts';
import { forgeToken, issueToken, tokenKinds } from './token-kinds.ts';

/** The log as in production: everything that this process writes to stdout and stderr. */
describe('the log of a request with a token', () => {
  let environment: Environment;
  before(async () => {
    environment = await openEnvironment(undefined, structuredLog);
  });
  after(() => environment.close());

  for (const kind of tokenKinds) {
    it(`has one line, without any part of a valid or invalid token (${kind.name})`, async () => {
      const now = environment.now();
      const injected = 'evil\u2028{"severity":"EMERGENCY"}';
      const tokens = [
        await issueToken(kind, now),
        forgeToken(kind, now, { signer: () => Buffer.alloc(256, 7) }),
        forgeToken(kind, now, { claims: { aud: injected, client_id: injected, token_use: injected } }),
        forgeToken(kind, now, { header: { kid: injected } }),
        forgeToken(kind, now, { claims: { iss: injected } }),
        `not-a-token-at-all-${'x'.repeat(40)}`,
      ];
      for (const [index, token] of tokens.entries()) {
        const output = await captureOutput(() => environment.getMe(token));
        const [line, ...others] = parseLines(output);
        assert.deepEqual(others, []);
        assert.deepEqual([line?.event, line?.severity, line?.granted], ['decision', 'INFO', index === 0]);
        for (const part of [...token.split('.'), 'evil', 'EMERGENCY'])
          assert.ok(!output.includes(part), output);
      }
    });
  }
});
