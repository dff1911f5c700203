import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { ORIGIN } from '../../helpers/api.ts';
import { parseLines } from '../../helpers/capture.ts';
import { buildOnce, type FrameworkProcess, startFramework } from '../../helpers/framework.ts';
import { PROJECT } from '../../helpers/google.ts';
import { assertProblem, HTTPS, sendRaw } from '../../helpers/responses.ts';

const SECRET = 'S3CRET-MARKER';

describe('the built function under functions-framework', function () {
  this.timeout(60_000);
  let framework: FrameworkProcess;
  before(async () => {
    buildOnce();
    framework = await startFramework({ ALLOWED_ORIGINS: ORIGIN });
    assert.ok(framework.alive(), framework.output());
  });
  after(() => framework.stop());

  const post = (body: string | Buffer, type = 'application/json', more: [string, string][] = []) =>
    sendRaw(framework.port, {
      method: 'POST',
      path: '/v1/me/revoke',
      headers: [HTTPS, ['Content-Type', type], ['Content-Length', String(Buffer.byteLength(body))], ...more],
      body,
    });

  it('serves a request', async () => {
    const { status, text } = await sendRaw(framework.port, { path: '/v1/health', headers: [HTTPS] });
    assert.deepEqual([status, text], [200, '{"status":"ok"}']);
  });

  for (const [what, type] of [
    ['JSON', 'application/json'],
    ['a form', 'application/x-www-form-urlencoded'],
    ['text', 'text/plain'],
    ['bytes', 'application/octet-stream'],
  ] as const) {
    it(`refuses 5 MB of ${what}`, async () => {
      const response = await fetch(`http://127.0.0.1:${framework.port}/v1/me/revoke`, {
        method: 'POST',
        headers: { 'X-Forwarded-Proto': 'https', 'Content-Type': type },
        body: `{"x":"${'x'.repeat(5_000_000)}"}`,
      });
      assert.equal(response.status, 413);
      assert.equal(response.headers.get('Cache-Control'), 'private, no-store');
      assert.match(await response.text(), /"code":"payload_too_large"/);
    });
  }

  it('refuses a gzip bomb of 100 MB, and keeps running', async () => {
    const bomb = gzipSync(`{"x":"${'x'.repeat(100_000_000)}"}`);
    const { status } = await post(bomb, 'application/json', [['Content-Encoding', 'gzip']]);
    // 415, not 413: the body is not decompressed, so its size is unknown.
    assert.equal(status, 415);
    assert.ok(framework.alive());
  });

  it('refuses a chunked body as soon as it is too large', async () => {
    const chunk = 'x'.repeat(50_000);
    const body = `${chunk.length.toString(16)}\r\n${chunk}\r\n`.repeat(3);
    const headers: (readonly [string, string])[] = [
      HTTPS,
      ['Content-Type', 'application/json'],
      ['Transfer-Encoding', 'chunked'],
    ];
    const { status, text } = await sendRaw(framework.port, {
      method: 'POST',
      path: '/v1/me/revoke',
      headers,
      body,
    });
    assert.deepEqual([status, /"code":"payload_too_large"/.test(text)], [413, true]);
    assert.ok(framework.alive());
  });

  it('needs little memory for three concurrent gzip bombs of 300 MB', async () => {
    const headers = {
      'X-Forwarded-Proto': 'https',
      'Content-Type': 'application/json',
      'Content-Encoding': 'gzip',
    };
    const bomb = { method: 'POST', headers, body: gzipSync(Buffer.alloc(300_000_000)) };
    const url = `http://127.0.0.1:${framework.port}/v1/health`;
    const answers = await Promise.all([fetch(url, bomb), fetch(url, bomb), fetch(url, bomb)]);
    assert.deepEqual(
      answers.map(({ status }) => status),
      [413, 413, 413],
    );
    if (process.platform !== 'linux') return;
    const status = readFileSync(`/proc/${framework.pid}/status`, 'utf8');
    assert.ok(Number(/VmHWM:\s+(\d+)/.exec(status)?.[1]) < 250_000, 'its peak in kB');
  });

  for (const [what, path, type] of [
    ['a path that is not UTF-8', '/v1/%ff', 'application/json'],
    ['an unknown charset', '/v1/health', 'application/json; charset=foo'],
  ] as const) {
    it(`refuses ${what} with a problem and all headers`, async () => {
      const headers: (readonly [string, string])[] = [HTTPS, ['Content-Type', type], ['Content-Length', '2']];
      const answer = await sendRaw(framework.port, { method: 'POST', path, headers, body: '{}' });
      assert.ok([400, 415].includes(answer.status));
      assert.match(String(answer.headers['content-type']), /problem\+json/);
      assert.ok(answer.headers['strict-transport-security'] && answer.headers['x-request-id']);
    });
  }

  it('also sets the security headers if the framework answers by itself', async () => {
    const { status, headers } = await sendRaw(framework.port, { path: '/robots.txt', headers: [HTTPS] });
    assert.equal(status, 404);
    assert.deepEqual(
      [headers['cache-control'], headers['x-content-type-options']],
      ['private, no-store', 'nosniff'],
    );
    assert.ok(headers['strict-transport-security']);
  });

  it('refuses two Authorization headers', async () => {
    const answer = await sendRaw(framework.port, {
      path: '/v1/me',
      headers: [HTTPS, ['Authorization', 'Bearer a.b.c'], ['Authorization', 'Bearer d.e.f']],
    });
    assertProblem(answer, 400, 'invalid_request');
  });

  for (const [body, expected] of [
    [`{"token":"${SECRET}", broken`, 400],
    // JSON, which the API refuses after it has asked for a credential.
    ['"no object"', 401],
    [`x\n{"severity":"A"}\n`, 400],
  ] as const) {
    it(`refuses ${JSON.stringify(body)}, which the framework cannot parse, without a stack`, async () => {
      const { status, text } = await post(body);
      assert.equal(status, expected);
      assert.doesNotMatch(text, /SyntaxError|node_modules|S3CRET/);
      assert.ok(framework.alive());
    });
  }

  it('logs nothing of a body that the framework cannot parse', async () => {
    await post(`{"token":"${SECRET}", broken`);
    // When this is answered, the log lines of the first request have arrived.
    await sendRaw(framework.port, { path: '/v1/health', headers: [HTTPS] });
    assert.ok(!framework.output().includes(SECRET));
  });

  it('logs only JSON lines, and none that a body forged', async () => {
    await post('x\n{"severity":"A"}\n');
    await sendRaw(framework.port, { path: '/v1/health', headers: [HTTPS] });
    const severities = parseLines(framework.output()).map(({ severity }) => severity);
    assert.ok(severities.includes('INFO') && !severities.includes('A'), severities.join());
  });

  const forbidden = [
    'FIREBASE_AUTH_EMULATOR_HOST',
    'FIRESTORE_EMULATOR_HOST',
    'FIREBASE_DEBUG_MODE',
    'NODE_TLS_REJECT_UNAUTHORIZED',
  ];
  for (const name of forbidden) {
    it(`does not start with ${name} set`, async () => {
      const other = await startFramework({ [name]: name.endsWith('HOST') ? '127.0.0.1:9099' : '0' });
      await other.stop();
      assert.equal(other.listened, false);
      assert.match(other.output(), new RegExp(`refuses to start in production with ${name}`));
    });
  }

  it('logs trace, span and execution id with each decision (LOG_EXECUTION_ID)', async () => {
    const traced = await startFramework({ ALLOWED_ORIGINS: ORIGIN, LOG_EXECUTION_ID: 'true' });
    try {
      const numbers = Array.from({ length: 40 }, (_, n) => n);
      const answers = await Promise.all(
        numbers.map((n) =>
          sendRaw(traced.port, {
            path: '/v1/me',
            headers: [
              HTTPS,
              ['X-Cloud-Trace-Context', `${String(n).padStart(32, '0')}/${n};o=1`],
              ['Function-Execution-Id', `execution-${n}`],
            ],
          }),
        ),
      );
      // The output so far can end in the middle of a line.
      const lines = () =>
        parseLines(traced.output().replace(/[^\n]*$/, '')).filter(({ event }) => event === 'decision');
      while (lines().length < numbers.length) await setTimeout(20);
      for (const [n, { headers }] of answers.entries()) {
        const own = lines().filter(({ requestId }) => requestId === headers['x-request-id']);
        assert.equal(own.length, 1);
        assert.equal(
          own[0]?.['logging.googleapis.com/trace'],
          `projects/${PROJECT}/traces/${String(n).padStart(32, '0')}`,
        );
        assert.equal(own[0]?.['logging.googleapis.com/spanId'], String(n));
        assert.deepEqual(own[0]?.['logging.googleapis.com/labels'], { execution_id: `execution-${n}` });
      }
    } finally {
      await traced.stop();
    }
  });
});
