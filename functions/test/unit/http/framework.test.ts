import assert from 'node:assert/strict';
import { gzipSync } from 'node:zlib';
import { assertProblem, exchange, HTTPS } from '../../helpers/answers.ts';
import { ORIGIN } from '../../helpers/api.ts';
import { parseLines } from '../../helpers/capture.ts';
import { buildOnce, type FrameworkProcess, startFramework } from '../../helpers/framework.ts';

const SECRET = 'S3CRET-MARKER';

describe('http: the built function under functions-framework', function () {
  this.timeout(60_000);
  let framework: FrameworkProcess;
  before(async () => {
    buildOnce();
    framework = await startFramework({ ALLOWED_ORIGINS: ORIGIN });
    assert.ok(framework.alive(), framework.output());
  });
  after(() => framework.stop());

  const post = (body: string | Buffer, type = 'application/json', more: [string, string][] = []) =>
    exchange(framework.port, {
      method: 'POST',
      path: '/v1/me/revoke',
      headers: [HTTPS, ['Content-Type', type], ['Content-Length', String(Buffer.byteLength(body))], ...more],
      body,
    });

  it('serves', async () => {
    const { status, text } = await exchange(framework.port, { path: '/v1/health', headers: [HTTPS] });
    assert.deepEqual([status, text], [200, '{"status":"ok"}']);
  });

  for (const [what, type] of [
    ['JSON', 'application/json'],
    ['a form', 'application/x-www-form-urlencoded'],
    ['text', 'text/plain'],
    ['bytes', 'application/octet-stream'],
  ] as const) {
    it(`refuses 5 MB of ${what}`, async () => {
      assertProblem(await post(`{"x":"${'x'.repeat(5_000_000)}"}`, type), 413, 'payload_too_large');
    });
  }

  it('refuses a gzip bomb of 100 MB, and survives', async () => {
    const bomb = gzipSync(`{"x":"${'x'.repeat(100_000_000)}"}`);
    const { status } = await post(bomb, 'application/json', [['Content-Encoding', 'gzip']]);
    assert.equal(status, 413);
    assert.ok(framework.alive());
  });

  it('refuses two Authorization headers', async () => {
    const answer = await exchange(framework.port, {
      path: '/v1/me',
      headers: [HTTPS, ['Authorization', 'Bearer a.b.c'], ['Authorization', 'Bearer d.e.f']],
    });
    assertProblem(answer, 400, 'invalid_request');
  });

  for (const body of [`{"token":"${SECRET}", broken`, '"no object"', `x\n{"severity":"A"}\n`]) {
    it(`refuses ${JSON.stringify(body)}, which the framework cannot parse, without a stack`, async () => {
      const { status, text } = await post(body);
      assert.equal(status, 400);
      assert.doesNotMatch(text, /SyntaxError|node_modules|S3CRET/);
      assert.ok(framework.alive());
    });
  }

  it('writes nothing of a body that the framework cannot parse to the log', async () => {
    await post(`{"token":"${SECRET}", broken`);
    // Answered after it, so that what was written about it has arrived.
    await exchange(framework.port, { path: '/v1/health', headers: [HTTPS] });
    assert.ok(!framework.output().includes(SECRET));
  });

  it('writes only JSON lines to the log, and none that a body made up', async () => {
    await post('x\n{"severity":"A"}\n');
    await exchange(framework.port, { path: '/v1/health', headers: [HTTPS] });
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
});
