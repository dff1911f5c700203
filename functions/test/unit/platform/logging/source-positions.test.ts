import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { withSourcePositions } from '../../../../src/platform/logging/source-positions.ts';
import { parseLines } from '../../../helpers/capture.ts';
import { startFramework } from '../../../helpers/framework.ts';
import { mintIdToken } from '../../../helpers/google.ts';
import { HTTPS, sendRaw } from '../../../helpers/responses.ts';

const SRC = new URL('../../../../src/', import.meta.url);

describe('source positions of errors', function () {
  this.timeout(60_000);

  it('are those of the source, in the failure of a built function', async () => {
    const noNetwork = 'globalThis.fetch = () => Promise.reject(new TypeError("no network"))';
    const framework = await startFramework({
      NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(noNetwork)}`,
    });
    try {
      const answer = await sendRaw(framework.port, {
        path: '/v1/me',
        headers: [HTTPS, ['Authorization', `Bearer ${await mintIdToken()}`]],
      });
      assert.equal(answer.status, 503, answer.text);
      await sendRaw(framework.port, { path: '/v1/health', headers: [HTTPS] });
      const lines = parseLines(framework.output().replace(/[^\n]*$/, ''));
      const { severity, cause } = lines.find(({ event }) => event === 'failure') ?? {};
      const { stack = '' } = cause as { stack?: string };
      assert.equal(severity, 'ERROR');
      const [, file = '', line = ''] =
        /at unavailable \(src\/(\S+?):(\d+):\d+\)/.exec(stack) ?? assert.fail(stack);
      const code = readFileSync(new URL(file, SRC), 'utf8').split('\n')[Number(line) - 1];
      assert.match(code ?? '', /new AppError\('unavailable'/);
      assert.match(stack, /src\/authn\/oidc\/jwks\.ts:\d+:\d+/);
    } finally {
      await framework.stop();
    }
  });

  it('has a map for each file of the bundle with source of its own', () => {
    const maps = globSync('../lib/*.js.map', { cwd: SRC });
    const sources = maps.flatMap((map) => JSON.parse(readFileSync(new URL(map, SRC), 'utf8')).sources);
    for (const file of ['../src/http/router.ts', '../src/pipeline/guard.ts'])
      assert.ok(sources.includes(file), file);
  });

  for (const [what, stack] of [
    ['a file outside of the bundle', 'Error: x\n    at f (file:///etc/passwd.js:1:1)'],
    ['a file in the message', `Error: file://${SRC.pathname}x.js:1:1`],
    ['a file without a map', `Error: x\n    at f (${SRC}platform/logging/none.js:1:1)`],
    ['no position', 'Error: x\n    at async Promise.all (index 0)'],
  ] as const) {
    it(`leaves ${what} as it is`, () => assert.equal(withSourcePositions(stack), stack));
  }
});
