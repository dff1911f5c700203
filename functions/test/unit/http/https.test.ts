import assert from 'node:assert/strict';
import { type Api, ORIGIN, openApi } from '../../helpers/api.ts';
import { assertProblem, sendRaw } from '../../helpers/responses.ts';

describe('http: HTTPS only', () => {
  let api: Api;
  before(async () => {
    api = await openApi();
  });
  after(() => api.close());

  const send = (path: string, headers: readonly (readonly [string, string])[]) =>
    sendRaw(api.port, { path, headers });

  const plain: [name: string, headers: [string, string][]][] = [
    ['a request without a scheme', []],
    ['http', [['X-Forwarded-Proto', 'http']]],
    ['https, then http', [['X-Forwarded-Proto', 'https,http']]],
    ['http, then https', [['X-Forwarded-Proto', 'http,https']]],
    ['upper case', [['X-Forwarded-Proto', 'HTTPS']]],
    ['wss', [['X-Forwarded-Proto', 'wss']]],
    ['empty', [['X-Forwarded-Proto', '']]],
    [
      'two headers of https',
      [
        ['X-Forwarded-Proto', 'https'],
        ['X-Forwarded-Proto', 'https'],
      ],
    ],
    [
      'https after http',
      [
        ['X-Forwarded-Proto', 'http'],
        ['X-Forwarded-Proto', 'https'],
      ],
    ],
    ['the Forwarded header instead', [['Forwarded', 'proto=https']]],
    [
      'X-Forwarded-Ssl and Front-End-Https instead',
      [
        ['X-Forwarded-Ssl', 'on'],
        ['Front-End-Https', 'on'],
      ],
    ],
    ['port 443 only', [['X-Forwarded-Port', '443']]],
  ];
  for (const [name, headers] of plain) {
    it(`refuses ${name}`, async () => {
      const answer = await send('/v1/health', headers);
      assertProblem(answer, 403, 'https_required');
      assert.equal(answer.headers.location, undefined, 'a redirect: the token has already leaked');
    });
  }

  it('accepts HTTPS', async () => {
    assert.equal((await send('/v1/health', [['X-Forwarded-Proto', 'https']])).status, 200);
  });

  it('refuses plain HTTP before it checks the path, the origin or the token', async () => {
    const answer = await send('/nowhere', [
      ['Origin', 'https://evil.example'],
      ['Authorization', 'Bearer x'],
    ]);
    assertProblem(answer, 403, 'https_required');
  });

  it('refuses a preflight over plain HTTP', async () => {
    const answer = await sendRaw(api.port, {
      method: 'OPTIONS',
      path: '/v1/me',
      headers: [
        ['Origin', ORIGIN],
        ['Access-Control-Request-Method', 'GET'],
      ],
    });
    assertProblem(answer, 403, 'https_required');
  });
});
