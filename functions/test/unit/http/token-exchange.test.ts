import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createApp } from '../../../src/http/app.ts';
import { GRANT_TYPE } from '../../../src/token-exchange/schema.ts';
import { type ExchangeApi, openExchangeApi } from '../../helpers/exchange-api.ts';
import { frameworkServer } from '../../helpers/framework.ts';
import { assertHeaders, assertProblem, HTTPS, type RawResponse, sendRaw } from '../../helpers/responses.ts';

const FORM = 'application/x-www-form-urlencoded';
const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token';

describe('http: POST /token/exchange', () => {
  let api: ExchangeApi;
  let token: string;
  before(async () => {
    api = await openExchangeApi();
  });
  after(() => api.close());
  let subjects = 0;
  // Each test uses another user, because exchanges are limited per user.
  beforeEach(async () => {
    token = await api.mint({ sub: `ada-${++subjects}` });
  });

  const parameters = (more: Record<string, string> = {}) =>
    new URLSearchParams({
      ...{ grant_type: GRANT_TYPE, subject_token: token, subject_token_type: ACCESS_TOKEN },
      ...more,
    });
  const post = (body: string, type = FORM, path = '/v1/token/exchange'): Promise<RawResponse> =>
    sendRaw(api.port, {
      ...{ method: 'POST', path, body },
      headers: [HTTPS, ['Content-Type', type], ['Content-Length', String(Buffer.byteLength(body))]],
    });
  /** As an OAuth client reads a refusal (RFC 6749 §5.2). */
  function assertOAuthError({ status, headers, text }: RawResponse, error: string): void {
    const body = JSON.parse(text);
    assert.deepEqual([status, body.error, typeof body.error_description], [400, error, 'string'], text);
    assert.match(headers['content-type'] ?? '', /^application\/json(;|$)/);
    assert.ok(body.code && body.requestId, 'a problem as well');
    assertHeaders(headers);
  }

  it('accepts a form, as OAuth clients send it, on both base paths', async () => {
    for (const [type, path] of [
      [FORM, '/v1/token/exchange'],
      [`${FORM}; charset=UTF-8`, '/api/v1/token/exchange'],
    ]) {
      const { status, text, headers } = await post(parameters().toString(), type, path);
      assert.equal(status, 200, text);
      assert.match(headers['cache-control'] ?? '', /no-store/);
      assertHeaders(headers);
    }
  });

  it('ignores unknown parameters (RFC 6749 §3.2), and refuses unsupported ones', async () => {
    const known = await post(parameters({ client_id: 'web', constructor: 'x' }).toString());
    assert.equal(known.status, 200, known.text);
    for (const name of ['resource', 'audience', 'scope', 'actor_token', 'actor_token_type']) {
      const answer = await post(parameters({ [name]: 'x' }).toString());
      assertOAuthError(answer, 'invalid_request');
      assert.match(answer.text, new RegExp(`body.${name}`));
    }
  });

  it('accepts JSON', async () => {
    const answer = await post(JSON.stringify(Object.fromEntries(parameters())), 'application/json');
    assert.equal(answer.status, 200, answer.text);
  });

  it('treats a parameter without a value as missing (RFC 6749 §3.2)', async () => {
    const answer = await post(parameters({ requested_token_type: '', scope: '' }).toString());
    assert.equal(answer.status, 200, answer.text);
  });

  it('refuses a repeated parameter, even with the same value', async () => {
    for (const twice of [`&subject_token=${token}`, '&subject_token_type=x', '&x=1&x=1']) {
      assertOAuthError(await post(parameters() + twice), 'invalid_request');
    }
  });

  it('refuses unsupported and malformed requests with the OAuth error codes', async () => {
    assertOAuthError(await post(parameters({ grant_type: 'password' }).toString()), 'unsupported_grant_type');
    for (const odd of [
      { audience: 'x' },
      { requested_token_type: ACCESS_TOKEN },
      { subject_token_type: 'urn:ietf:params:oauth:token-type:saml2' },
      { subject_token: 'x'.repeat(8193) },
    ]) {
      assertOAuthError(await post(parameters(odd).toString()), 'invalid_request');
    }
    for (const body of ['', '%', '=&=', 'grant_type', '\u0000']) {
      assertOAuthError(await post(body), 'invalid_request');
    }
    assertOAuthError(await post('{', 'application/json'), 'invalid_request');
    assertOAuthError(await post('["a"]', 'application/json'), 'invalid_request');
  });

  it('refuses other content types', async () => {
    for (const type of ['text/plain', 'multipart/form-data; boundary=x', `${FORM}x`, 'application/jwt']) {
      assertProblem(await post(parameters().toString(), type), 415, 'unsupported_media_type');
    }
  });

  it('is the only route that accepts a form', async () => {
    for (const path of ['/v1/users', '/v1/notes', '/v1/me/revoke', '/v1/token/exchange/', '/v1/token']) {
      assertProblem(await post('x=1', FORM, path), 415, 'unsupported_media_type');
    }
  });

  it('refuses other origins', async () => {
    const body = parameters().toString();
    const answer = await sendRaw(api.port, {
      ...{ method: 'POST', path: '/v1/token/exchange', body },
      headers: [
        HTTPS,
        ['Origin', 'https://evil.example'],
        ['Content-Type', FORM],
        ['Content-Length', `${body.length}`],
      ],
    });
    assertProblem(answer, 403, 'origin_denied');
  });

  it('answers too many requests of a user with 429 and Retry-After', async () => {
    for (let count = 0; count < 10; count++) await post(parameters().toString());
    const answer = await post(parameters().toString());
    assertProblem(answer, 429, 'rate_limited');
    assert.match(answer.headers['retry-after'] ?? '', /^\d+$/);
  });

  it('accepts a form that the functions framework has already read', async () => {
    const server = frameworkServer(createApp(api.deps)).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    try {
      const body = parameters().toString();
      const answer = await sendRaw(port, {
        ...{ method: 'POST', path: '/v1/token/exchange', body },
        headers: [HTTPS, ['Content-Type', FORM], ['Content-Length', `${body.length}`]],
      });
      assert.equal(answer.status, 200, answer.text);
    } finally {
      server.close();
    }
  });
});
