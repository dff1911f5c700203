import assert from 'node:assert/strict';
import { type Api, ORIGIN, openApi } from '../../helpers/api.ts';
import { PROJECT } from '../../helpers/google.ts';
import { assertHeaders, assertProblem, HTTPS, sendRaw } from '../../helpers/responses.ts';

const OTHER = 'https://admin.example.com:8443';

describe('http: CORS', () => {
  let api: Api;
  before(async () => {
    api = await openApi({ env: { ALLOWED_ORIGINS: `${ORIGIN}, ${OTHER}` } });
  });
  after(() => api.close());

  const get = (headers: readonly (readonly [string, string])[], path = '/v1/health') =>
    sendRaw(api.port, { path, headers: [HTTPS, ...headers] });
  const preflight = (origin: string, path = '/v1/me') =>
    sendRaw(api.port, {
      method: 'OPTIONS',
      path,
      headers: [
        HTTPS,
        ['Origin', origin],
        ['Access-Control-Request-Method', 'PUT'],
        ['Access-Control-Request-Headers', 'authorization, content-type, x-evil'],
      ],
    });

  for (const origin of [ORIGIN, OTHER]) {
    it(`answers ${origin} with exactly that origin`, async () => {
      const { status, headers } = await get([['Origin', origin]]);
      assert.equal(status, 200);
      assert.equal(headers['access-control-allow-origin'], origin);
      assert.equal(headers['access-control-allow-credentials'], 'true', 'for the session cookie');
      assertHeaders(headers);
    });

    it(`allows exactly the methods and headers of the API in the preflight of ${origin}`, async () => {
      const { status, headers, text } = await preflight(origin);
      assert.deepEqual([status, text], [204, '']);
      assert.equal(headers['access-control-allow-origin'], origin);
      assert.equal(headers['access-control-allow-methods'], 'GET,POST,PUT,PATCH,DELETE');
      assert.equal(
        headers['access-control-allow-headers'],
        'Authorization,Content-Type,If-Match,X-CSRF-Token,X-Firebase-AppCheck,sentry-trace,baggage,traceparent',
      );
      assertHeaders(headers);
    });
  }

  it('lets a page read the headers of a refusal', async () => {
    const { status, headers } = await get([['Origin', ORIGIN]], '/v1/me');
    assert.equal(status, 401);
    assert.equal(headers['access-control-allow-origin'], ORIGIN);
    const exposed = String(headers['access-control-expose-headers']).split(',');
    assert.deepEqual(exposed.sort(), [
      'Allow',
      'ETag',
      'Location',
      'RateLimit',
      'RateLimit-Policy',
      'Retry-After',
      'WWW-Authenticate',
      'X-Request-Id',
    ]);
  });

  it('sends no CORS headers to a client without an origin', async () => {
    const { status, headers } = await get([]);
    assert.equal(status, 200);
    assert.equal(headers['access-control-allow-origin'], undefined);
    assertHeaders(headers);
  });

  const deniedOrigins = [
    'null',
    '',
    '*',
    'file://',
    `${ORIGIN}.evil.com`,
    `https://evil.com?${ORIGIN}`,
    'https://evil-app.example.com',
    'https://app.example.com.',
    'https://app.example.com:443',
    'https://app.example.com:8443',
    'https://admin.example.com',
    'http://app.example.com',
    'https://APP.example.com',
    'HTTPS://app.example.com',
    `${ORIGIN}/`,
    `${ORIGIN}@evil.com`,
    `${ORIGIN}, https://evil.com`,
    `${ORIGIN} ${ORIGIN}`,
    'https://example.com',
    'https://aрp.example.com',
    'https://app.example.com%00.evil.com',
    `https://${PROJECT}.web.app.evil.com`,
    'http://localhost:5002',
    'chrome-extension://abcdef',
  ];
  for (const origin of deniedOrigins) {
    for (const [kind, send] of [
      ['request', (value: string) => get([['Origin', value]])],
      ['preflight', preflight],
    ] as const) {
      it(`refuses the ${kind} of ${origin || 'an empty origin'}`, async () => {
        const answer = await send(origin);
        assertProblem(answer, 403, 'origin_denied');
        const granted = Object.keys(answer.headers).filter((name) => name.startsWith('access-control-'));
        assert.deepEqual(granted, []);
      });
    }
  }

  it('refuses two Origin headers', async () => {
    const answer = await get([
      ['Origin', ORIGIN],
      ['Origin', 'https://evil.com'],
    ]);
    assertProblem(answer, 403, 'origin_denied');
  });

  it('does not allow the origin of a forged host', async () => {
    const answer = await sendRaw(api.port, {
      path: '/v1/health',
      headers: [
        HTTPS,
        ['X-Forwarded-Host', 'evil.com'],
        ['X-Host', 'evil.com'],
        ['Origin', 'https://evil.com'],
      ],
    });
    assertProblem(answer, 403, 'origin_denied');
  });

  it('does not repeat a forged host in an answer', async () => {
    const answer = await get(
      [
        ['X-Forwarded-Host', 'evil.com'],
        ['X-Original-URL', '/evil.com'],
      ],
      '/v1/openapi.json',
    );
    assert.doesNotMatch(JSON.stringify(answer), /evil\.com/);
  });

  it('refuses an unknown origin before it checks the token', async () => {
    const answer = await get(
      [
        ['Origin', 'https://evil.com'],
        ['Authorization', `Bearer ${api.token('owner')}`],
      ],
      '/v1/me',
    );
    assertProblem(answer, 403, 'origin_denied');
  });

  it('allows the Hosting domains of the project without ALLOWED_ORIGINS', async () => {
    const own = await openApi({ env: { ALLOWED_ORIGINS: '' } });
    try {
      for (const [origin, status] of [
        [`https://${PROJECT}.web.app`, 200],
        [`https://${PROJECT}.firebaseapp.com`, 200],
        [`https://${PROJECT}--preview.web.app`, 403],
        [ORIGIN, 403],
      ] as const) {
        const answer = await sendRaw(own.port, { path: '/v1/health', headers: [HTTPS, ['Origin', origin]] });
        assert.equal(answer.status, status, origin);
      }
    } finally {
      await own.close();
    }
  });
});
