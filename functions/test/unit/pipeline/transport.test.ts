import assert from 'node:assert/strict';
import { loadConfig } from '../../../src/config.ts';
import { ERRORS } from '../../../src/core/errors.ts';
import { MAX_BODY_BYTES } from '../../../src/core/request.ts';
import { enforceTransport } from '../../../src/pipeline/transport.ts';
import { recordingLog } from '../../helpers/log.ts';
import { assertRefused } from '../../helpers/refusal.ts';

const RULES = {
  allowedOrigins: ['https://app.example.com', 'http://localhost:5002'],
  previewSites: [],
  emulator: false,
};
const REQUEST = { method: 'GET', path: '/v1/me' };
const HTTPS = { 'x-forwarded-proto': 'https' };
const check = (
  headers: Record<string, string | string[] | undefined>,
  rawBodyBytes?: number,
  config = RULES,
) => {
  const rawBody = rawBodyBytes === undefined ? undefined : Buffer.alloc(rawBodyBytes);
  const { log } = recordingLog();
  return enforceTransport({ config, log }, { ...REQUEST, headers: { ...HTTPS, ...headers }, rawBody }, 'r1');
};

describe('checkTransport', () => {
  it('accepts HTTPS without an origin, as servers and apps send it', () => {
    assert.equal(check({}), undefined);
  });

  const insecure = {
    'plain HTTP': 'http',
    'a missing header': undefined,
    'an empty header': '',
    'upper case': 'HTTPS',
    'a list that begins with https': 'https,http',
    'a list that ends with https': 'http,https',
    'two headers': ['https', 'https'],
    'https with a suffix': 'https ',
  };
  for (const [what, proto] of Object.entries(insecure)) {
    it(`refuses a scheme that is not exactly https: ${what}`, () =>
      assertRefused(() => check({ 'x-forwarded-proto': proto }), 'https_required'));
  }

  it('accepts plain HTTP in the emulator', () => {
    assert.equal(check({ 'x-forwarded-proto': undefined }, 0, { ...RULES, emulator: true }), undefined);
  });

  for (const origin of RULES.allowedOrigins) {
    it(`accepts the allowed origin ${origin}`, () => assert.equal(check({ origin }), undefined));
  }

  const origins: Record<string, string | string[]> = {
    null: 'null',
    empty: '',
    'with a suffix': 'https://app.example.com.evil.example',
    'with a prefix': 'https://evil-app.example.com',
    'a subdomain': 'https://x.app.example.com',
    'the parent domain': 'https://example.com',
    'with a port': 'https://app.example.com:8443',
    'with the default port': 'https://app.example.com:443',
    'over http': 'http://app.example.com',
    'in upper case': 'https://APP.example.com',
    'with a slash': 'https://app.example.com/',
    'with a path': 'https://app.example.com/x',
    'with a space': ' https://app.example.com',
    'with a dot': 'https://app.example.com.',
    'with a user': 'https://app.example.com@evil.example',
    'two in one': 'https://app.example.com https://evil.example',
    'a list': 'https://app.example.com,https://evil.example',
    'an array': ['https://app.example.com'],
    'another local port': 'http://localhost:5003',
    'the name of a method': 'includes',
  };
  for (const [what, origin] of Object.entries(origins)) {
    it(`refuses an origin that is not exactly in the list: ${what}`, () =>
      assertRefused(() => check({ origin }), 'origin_denied'));
  }

  it('refuses every origin when none is allowed', () =>
    assertRefused(
      () => check({ origin: 'https://app.example.com' }, 0, { ...RULES, allowedOrigins: [] }),
      'origin_denied',
    ));

  it('accepts a body of exactly the limit, declared and read', () => {
    assert.equal(MAX_BODY_BYTES, 102_400);
    assert.equal(check({ 'content-length': '102400' }, 102_400), undefined);
  });

  const large: Record<string, readonly [declared: string | undefined, read: number | undefined]> = {
    'by one byte, as declared': ['102401', undefined],
    'by one byte, as read': [undefined, 102_401],
    'as read, though less was declared': ['10', 102_401],
    'as declared, though less was read': ['5000000', 10],
    'as read, though nothing readable was declared': ['x', 5_000_000],
    'as read, though a negative length was declared': ['-1', 5_000_000],
  };
  for (const [what, [declared, read]] of Object.entries(large)) {
    it(`refuses a body that is too large ${what}`, () =>
      assertRefused(() => check({ 'content-length': declared }, read), 'payload_too_large'));
  }

  it('checks HTTPS before anything else', () =>
    assertRefused(
      () => check({ 'x-forwarded-proto': 'http', origin: 'null', 'content-length': '9999999' }),
      'https_required',
    ));
});

describe('enforceTransport', () => {
  const enforce = (env: Record<string, string>, headers: Record<string, string>, rawBody?: Buffer) => {
    const { lines, log } = recordingLog();
    const config = loadConfig({ GCLOUD_PROJECT: 'demo-shop', ...env });
    return {
      lines,
      attempt: () => enforceTransport({ config, log }, { ...REQUEST, headers, rawBody }, 'r1'),
    };
  };

  it('logs nothing when it accepts a request', () => {
    const { lines, attempt } = enforce({}, { 'x-forwarded-proto': 'https' }, Buffer.alloc(MAX_BODY_BYTES));
    assert.equal(attempt(), undefined);
    assert.deepEqual(lines, []);
  });

  it('requires HTTPS in production, and not in the emulator', async () => {
    await assertRefused(enforce({}, {}).attempt, 'https_required');
    assert.equal(enforce({ FUNCTIONS_EMULATOR: 'true' }, {}).attempt(), undefined);
  });

  const refusals = {
    https_required: enforce({}, { authorization: 'Bearer secret' }),
    origin_denied: enforce({}, { 'x-forwarded-proto': 'https', origin: 'https://evil.example' }),
    payload_too_large: enforce({}, { 'x-forwarded-proto': 'https' }, Buffer.alloc(MAX_BODY_BYTES + 1)),
  } as const;
  for (const code of ['https_required', 'origin_denied', 'payload_too_large'] as const) {
    it(`logs one line when it refuses with ${code}`, async () => {
      const { lines, attempt } = refusals[code];
      await assertRefused(attempt, code);
      const { status } = ERRORS[code];
      const line = { kind: 'transport', requestId: 'r1', granted: false, code, status, ...REQUEST };
      assert.deepEqual(
        lines,
        [line].map((one) => (code === 'origin_denied' ? { ...one, origin: 'https://evil.example' } : one)),
      );
    });
  }

  const texts: readonly (readonly [what: string, text: string, logged: string])[] = [
    ['a line break and an escape sequence', 'https://a\r\n\u001b[31m', 'https://a???[31m'],
    ['text in another script and order', 'https://\u202emoc.elgoog/é', 'https://?moc.elgoog/?'],
    ['more than 200 characters', `https://${'x'.repeat(300)}`, `https://${'x'.repeat(192)}`],
  ];
  for (const [what, text, logged] of texts) {
    it(`logs an origin and a path cut off and as visible ASCII: ${what}`, async () => {
      const { lines, log } = recordingLog();
      const request = { method: 'POST', path: text, headers: { ...HTTPS, origin: text } };
      await assertRefused(() => enforceTransport({ config: RULES, log }, request, 'r1'), 'origin_denied');
      assert.deepEqual([lines[0]?.method, lines[0]?.path, lines[0]?.origin], ['POST', logged, logged]);
    });
  }
});
