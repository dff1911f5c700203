import assert from 'node:assert/strict';
import { partsOf } from './attack.ts';
import { forgeOf, type Kind, kinds, mint } from './issuer-kinds.ts';
import { openWorld, type World } from './world.ts';

/** A good token in the wrong place, and a bad one where none is needed. */

describe('where a token is', () => {
  let world: World;
  const good = new Map<Kind, string>();
  before(async () => {
    world = await openWorld();
    for (const kind of kinds) good.set(kind, await mint(kind, world.now()));
  });
  after(() => world.close());
  const of = (kind: Kind) => good.get(kind) ?? assert.fail(kind.name);

  for (const kind of kinds) {
    describe(kind.name, () => {
      it('may follow Bearer in any casing (RFC 9110 §11.1)', async () => {
        for (const scheme of ['Bearer', 'bearer', 'BEARER', 'bEaReR']) {
          const { status } = await world.ask({ headers: ['Authorization', `${scheme} ${of(kind)}`] });
          assert.equal(status, 200, scheme);
        }
      });

      it('is not looked for behind another scheme', async () => {
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
          const { status, body } = await world.ask({ headers: ['Authorization', `${scheme} ${of(kind)}`] });
          assert.deepEqual([status, body.code], [401, 'invalid_token'], scheme);
        }
        const basic = Buffer.from(`x:${of(kind)}`).toString('base64');
        const { status } = await world.ask({ headers: ['Authorization', `Basic ${basic}`] });
        assert.equal(status, 401);
      });

      it('is in one Authorization header, or the request is refused whichever is good', async () => {
        const bad = forgeOf(kind, world.now(), { signer: () => 'x' });
        for (const [first, second] of [
          [of(kind), of(kind)],
          [of(kind), bad],
          [bad, of(kind)],
          [of(kind), ''],
        ]) {
          const { status, body } = await world.ask({
            headers: ['Authorization', `Bearer ${first}`, 'authorization', `Bearer ${second}`],
          });
          assert.deepEqual([status, body.code], [400, 'invalid_request']);
        }
      });

      it('is not looked for in the query string', async () => {
        for (const name of ['access_token', 'token', 'id_token', 'jwt', 'authorization', 'Authorization']) {
          const { status, body } = await world.ask({ path: `/v1/me?${name}=${of(kind)}` });
          assert.deepEqual([status, body.code], [401, 'unauthenticated'], name);
        }
      });

      it('is not looked for in a body, be it a form or JSON', async () => {
        const bodies = [
          ['application/x-www-form-urlencoded', `access_token=${of(kind)}`],
          ['application/json', JSON.stringify({ access_token: of(kind), title: 'x' })],
        ];
        for (const [type = '', body = ''] of bodies) {
          const answer = await world.ask({
            method: 'POST',
            path: '/v1/notes',
            headers: ['Content-Type', type],
            body,
          });
          assert.ok([401, 415].includes(answer.status), String(answer.status));
        }
      });

      it('is not looked for in a cookie or another header', async () => {
        const cookie = `__session=${of(kind)}; access_token=${of(kind)}; token=${of(kind)}`;
        const others = [
          'X-Access-Token',
          'X-Authorization',
          'X-Forwarded-Authorization',
          'Proxy-Authorization',
          'X-Api-Key',
        ];
        for (const headers of [['Cookie', cookie], ...others.map((name) => [name, `Bearer ${of(kind)}`])]) {
          const { status, body } = await world.ask({ headers });
          assert.deepEqual([status, body.code], [401, 'unauthenticated'], headers[0]);
        }
      });

      it('is looked at even where nobody needs one: a bad token is not the same as none', async () => {
        const [header, payload] = partsOf(of(kind));
        const ask = (token: string) =>
          world.ask({ path: '/v1/health', headers: ['Authorization', `Bearer ${token}`] });
        assert.equal((await world.ask({ path: '/v1/health' })).status, 200);
        assert.equal((await ask(of(kind))).status, 200);
        for (const token of [`${header}.${payload}.AAAA`, 'x', `${of(kind)}.`]) {
          const { status, body } = await ask(token);
          assert.deepEqual([status, body.code], [401, 'invalid_token']);
        }
      });
    });
  }

  it('may not be a million dots: Node ends that before the application', async () => {
    const { status } = await world.present('.'.repeat(1_000_000)).catch((error) => {
      // The answer may come while the request is still being sent.
      assert.match(String(error.code), /^(EPIPE|ECONNRESET)$/);
      return { status: 431 };
    });
    assert.equal(status, 431);
    assert.equal((await world.ask({ path: '/v1/health' })).status, 200);
  });
});
