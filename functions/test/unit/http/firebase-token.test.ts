import assert from 'node:assert/strict';
import { ORIGIN } from '../../helpers/api.ts';
import { claimsOf, type ExchangeApi, openExchangeApi } from '../../helpers/exchange-api.ts';
import { assertProblem } from '../../helpers/responses.ts';

describe('http: a Firebase token for the session cookie', () => {
  let api: ExchangeApi;
  let cookie: string;
  let csrfToken: string;
  before(async () => {
    api = await openExchangeApi({
      product: { rateLimits: { credential: { user: 6, shared: 60, window: 60 } } },
    });
    const { headers, body } = await api.as('member').post('/v1/sessions');
    cookie = headers['set-cookie']?.[0]?.split(';')[0] ?? assert.fail('no cookie');
    csrfToken = body.csrfToken;
  });
  after(() => api.close());

  const ask = (headers: Record<string, string>, who?: 'member') =>
    api.as(who).post('/v1/sessions/current/firebase-token').set(headers);

  it('is answered to a page with the cookie and its CSRF token, and stored nowhere', async () => {
    const { status, body, headers } = await ask({ cookie, origin: ORIGIN, 'x-csrf-token': csrfToken });
    assert.equal(status, 200, JSON.stringify(body));
    assert.deepEqual([claimsOf(body.customToken).uid, body.expiresIn], ['member', 3600]);
    assert.equal(headers['cache-control'], 'private, no-store');
  });

  it('is not answered to another page, or without the token', async () => {
    const evil = await ask({ cookie, origin: 'https://evil.example', 'x-csrf-token': csrfToken });
    assertProblem(evil, 403, 'origin_denied');
    assertProblem(await ask({ cookie, origin: ORIGIN }), 403, 'csrf_failed');
    assertProblem(await ask({ origin: ORIGIN }), 401, 'unauthenticated');
  });

  it('is not found for a caller with a bearer token', async () => {
    assertProblem(await ask({}, 'member'), 404, 'not_found');
  });

  it('is limited for each user', async () => {
    const send = () => ask({ cookie, origin: ORIGIN, 'x-csrf-token': csrfToken });
    const statuses = [];
    for (let n = 0; n < 7; n++) statuses.push((await send()).status);
    assert.deepEqual([statuses[0], statuses.at(-1)], [200, 429]);
    assertProblem(await send(), 429, 'rate_limited');
  });
});
