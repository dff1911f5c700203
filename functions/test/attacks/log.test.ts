import assert from 'node:assert/strict';
import { structuredLog } from '../../src/platform/logging/log.ts';
import { captureOutput, parseLines } from '../helpers/capture.ts';
import { forgeOf, kinds, mint } from './issuer-kinds.ts';
import { openWorld, type World } from './world.ts';

/** The log as production writes it: all that reaches the two outputs of this process. */
describe('what is written of a token', () => {
  let world: World;
  before(async () => {
    world = await openWorld(undefined, structuredLog);
  });
  after(() => world.close());

  for (const kind of kinds) {
    it(`of ${kind.name} is one line, good or bad, without a part of it`, async () => {
      const now = world.now();
      const injected = 'evil\u2028{"severity":"EMERGENCY"}';
      const tokens = [
        await mint(kind, now),
        forgeOf(kind, now, { signer: () => Buffer.alloc(256, 7) }),
        forgeOf(kind, now, { claims: { aud: injected, client_id: injected, token_use: injected } }),
        forgeOf(kind, now, { header: { kid: injected } }),
        forgeOf(kind, now, { claims: { iss: injected } }),
        `not-a-token-at-all-${'x'.repeat(40)}`,
      ];
      for (const [index, token] of tokens.entries()) {
        const output = await captureOutput(() => world.present(token));
        const [line, ...others] = parseLines(output);
        assert.deepEqual(others, []);
        assert.deepEqual([line?.event, line?.severity, line?.granted], ['decision', 'INFO', index === 0]);
        for (const part of [...token.split('.'), 'evil', 'EMERGENCY'])
          assert.ok(!output.includes(part), output);
      }
    });
  }
});
