import assert from 'node:assert/strict';
import { splitToken } from './attack.ts';
import { type Environment, openEnvironment } from './environment.ts';
import { forgeToken, issueToken, type TokenKind, tokenKinds } from './token-kinds.ts';

/** Valid tokens outside the Authorization header, and invalid tokens on public routes. */

describe('credential location', () => {
  let environment: Environment;
  const validTokens = new Map<TokenKind, string>();
  before(async () => {
    environment = await openEnvironment();
    for (const kind of tokenKinds) validTokens.set(kind, await issueToken(kind, environment.now()));
  });
  after(() => environment.close());
  const tokenOf = (kind: TokenKind) => validTokens.get(kind) ?? assert.fail(kind.name);

  for (const kind of tokenKinds) {
    describe(kind.name, () => {
      it('accepts the scheme Bearer in any letter case (RFC 9110 §11.1)', async () => {
        for (const scheme of ['Bearer', 'bearer', 'BEARER', 'bEaReR']) {
          const { status } = await environment.request({
            headers: ['Authorization', `${scheme} ${tokenOf(kind)}`],
          });
          assert.equal(status, 200, scheme);
        }
      });

      it('refuses a token after another scheme', async () => {
        for (const scheme of [
          'Basic',
          'DPoP',
          'Token',
          'JWT',
          'Bearerx',
          'Bearer:',
          'Bearer,',
          'AWS4-HMAC-SHA256',
          '',
        ]) {
          const { status, body } = await environment.request({
            headers: ['Authorization', `${scheme} ${tokenOf(kind)}`],
          });
          assert.deepEqual([status, body.code], [401, 'invalid_token'], scheme);
        }
        const basic = Buffer.from(`x:${tokenOf(kind)}`).toString('base64');
        const { status } = await environment.request({ headers: ['Authorization', `Basic ${basic}`] });
        assert.equal(status, 401);
      });

      it('refuses two Authorization headers, even if one or both tokens are valid', async () => {
        const invalid = forgeToken(kind, environment.now(), { signer: () => 'x' });
        for (const [first, second] of [
          [tokenOf(kind), tokenOf(kind)],
          [tokenOf(kind), invalid],
          [invalid, tokenOf(kind)],
          [tokenOf(kind), ''],
        ]) {
          const { status, body } = await environment.request({
            headers: ['Authorization', `Bearer ${first}`, 'authorization', `Bearer ${second}`],
          });
          assert.deepEqual([status, body.code], [400, 'invalid_request']);
        }
      });

      it('ignores a token in the query string', async () => {
        for (const name of ['access_token', 'token', 'id_token', 'jwt', 'authorization', 'Authorization']) {
          const { status, body } = await environment.request({ path: `/v1/me?${name}=${tokenOf(kind)}` });
          assert.deepEqual([status, body.code], [401, 'unauthenticated'], name);
        }
      });

      it('ignores a token in a form or JSON body', async () => {
        const bodies = [
          ['application/x-www-form-urlencoded', `access_token=${tokenOf(kind)}`],
          ['application/json', JSON.stringify({ access_token: tokenOf(kind), title: 'x' })],
        ];
        for (const [type = '', body = ''] of bodies) {
          const response = await environment.request({
            method: 'POST',
            path: '/v1/claim-owner',
            headers: ['Content-Type', type],
            body,
          });
          assert.ok([401, 415].includes(response.status), String(response.status));
        }
      });

      it('ignores a token in a cookie or another header', async () => {
        const cookie = `__session=${tokenOf(kind)}; access_token=${tokenOf(kind)}; token=${tokenOf(kind)}`;
        const others = [
          'X-Access-Token',
          'X-Authorization',
          'X-Forwarded-Authorization',
          'Proxy-Authorization',
          'X-Api-Key',
        ];
        for (const headers of [
          ['Cookie', cookie],
          ...others.map((name) => [name, `Bearer ${tokenOf(kind)}`]),
        ]) {
          const { status, body } = await environment.request({ headers });
          assert.deepEqual([status, body.code], [401, 'unauthenticated'], headers[0]);
        }
      });

      it('gives no token a different answer on a public route', async () => {
        const [header, payload] = splitToken(tokenOf(kind));
        for (const token of [tokenOf(kind), `${header}.${payload}.AAAA`, 'x', `${tokenOf(kind)}.`]) {
          const headers = ['Authorization', `Bearer ${token}`];
          const { status, body } = await environment.request({ path: '/v1/health', headers });
          assert.deepEqual([status, body], [200, { status: 'ok' }]);
        }
      });
    });
  }

  it('refuses a token of a million dots with 431, before the application runs', async () => {
    const { status } = await environment.getMe('.'.repeat(1_000_000)).catch((error) => {
      // The response can arrive while the request is still being sent.
      assert.match(String(error.code), /^(EPIPE|ECONNRESET)$/);
      return { status: 431 };
    });
    assert.equal(status, 431);
    assert.equal((await environment.request({ path: '/v1/health' })).status, 200);
  });
});
