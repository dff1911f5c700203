import assert from 'node:assert/strict';
import { ORIGIN } from '../../helpers/api.ts';
import { buildOnce, type FrameworkProcess, startFramework } from '../../helpers/framework.ts';
import { assertHeaders, assertProblem, HTTPS, type RawResponse, sendRaw } from '../../helpers/responses.ts';
import { JSON_TYPE, type Line, UNPARSABLE_BODIES } from '../../helpers/unparsable-bodies.ts';

const CHUNKS = `${'c350'}\r\n${'x'.repeat(50_000)}\r\n`.repeat(3);

// Where NODE_ENV is not `production`, Express shows the stack of an error.
for (const NODE_ENV of ['', 'development', 'production']) {
  describe(`bodies under functions-framework, NODE_ENV=${NODE_ENV}`, function () {
    this.timeout(60_000);
    const processes: FrameworkProcess[] = [];
    before(async () => {
      buildOnce();
      for (const FUNCTION_TARGET of ['api', 'setUserRoles'])
        processes.push(await startFramework({ ALLOWED_ORIGINS: ORIGIN, FUNCTION_TARGET, NODE_ENV }));
    });
    after(() => Promise.all(processes.map((framework) => framework.stop())));

    const post = (target: number, path: string, body: string | Buffer, headers: readonly Line[]) => {
      const { port } = processes[target] ?? assert.fail();
      const isChunked = headers.some(([name]) => name === 'Transfer-Encoding');
      const length: Line[] = isChunked ? [] : [['Content-Length', String(Buffer.byteLength(body))]];
      return sendRaw(port, { method: 'POST', path, headers: [HTTPS, ...headers, ...length], body });
    };

    function assertCallableError({ status, headers, text }: RawResponse, expected: number, code: string) {
      assert.equal(status, expected, text);
      assertHeaders(headers);
      assert.match(String(headers['content-type']), /^application\/json/);
      assert.equal(JSON.parse(text).error.details.code, code);
      assert.doesNotMatch(text, /SyntaxError|node_modules/);
    }

    for (const [what, body, headers, status, code] of UNPARSABLE_BODIES) {
      it(`answers ${status} to ${what}, as a problem`, async () => {
        assertProblem(await post(0, '/v1/claim-owner', body, headers), status, code);
      });

      it(`answers to ${what} as a callable does`, async () => {
        // A callable takes nothing but an object with `data`: for it, the type and the content are one protocol.
        const isProtocol = code === 'unauthenticated' || /cloudevents|form/.test(headers.join());
        const [expected, expectedCode] = isProtocol ? [400, 'invalid_request'] : [status, code];
        assertCallableError(await post(1, '/', body, headers), expected, expectedCode);
      });
    }

    it('answers 413 to chunks that are too many, as a problem', async () => {
      const chunked: Line[] = [JSON_TYPE, ['Transfer-Encoding', 'chunked']];
      for (const target of [0, 1]) {
        const { status, headers, text } = await post(target, '/v1/claim-owner', CHUNKS, chunked);
        assert.deepEqual([status, headers['content-type']], [413, 'application/problem+json'], text);
        const requestId = String(headers['x-request-id']);
        assert.ok(text.includes(`"requestId":"${requestId}"`));
        const lines = (processes[target]?.output() ?? '')
          .split('\n')
          .filter((one) => one.includes(requestId));
        assert.equal(lines.length, 1, 'one line in the log');
        const { event, granted, code, status: logged, method } = JSON.parse(lines[0] ?? '');
        assert.deepEqual(
          [event, granted, code, logged, method],
          ['decision', false, 'payload_too_large', 413, 'POST'],
        );
      }
    });

    it('reads a good body, with the type in any notation', async () => {
      for (const type of ['application/json', 'Application/JSON; charset=UTF-8']) {
        const answer = await post(0, '/v1/token/exchange', '{"grant_type":7}', [['Content-Type', type]]);
        assert.match(answer.text, /body.grant_type/);
        assertCallableError(
          await post(1, '/', '{"data":{}}', [['Content-Type', type]]),
          401,
          'unauthenticated',
        );
      }
      const form: Line = ['Content-Type', 'application/x-www-form-urlencoded'];
      const exchanged = await post(0, '/v1/token/exchange', 'grant_type=x', [form]);
      assert.match(exchanged.text, /body.subject_token/);
    });
  });
}
