import assert from 'node:assert/strict';
import { externalId } from '../../../functions/src/authn/external-identity.ts';
import { permissionsOf } from '../../../functions/src/authz/roles.ts';
import { parseLines } from '../../../functions/test/helpers/capture.ts';
import { forge, unsigned } from '../../../functions/test/helpers/forge.ts';
import { proxyEvent, proxyEvent2 } from '../helpers/events.ts';
import { ISSUER } from '../helpers/issuer.ts';
import type { Lambda } from '../helpers/zip.ts';
import { openZipEnvironment, type ZipEnvironment } from '../helpers/zip-environment.ts';

interface Answer {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

describe('the Lambda middleware', function () {
  this.timeout(60_000);
  let environment: ZipEnvironment;
  let lambda: Lambda;

  before(async () => {
    environment = await openZipEnvironment();
    lambda = await environment.start();
  });

  after(async () => {
    await lambda.stop();
    await environment.close();
  });

  const call = async (handler: string, event: unknown, requestId?: string) =>
    // Each test checks the shape.
    (await lambda.call(handler, event, requestId)) as Answer;

  /** Checks the whole refusal: status, headers, problem+json. */
  function assertRefusal({ statusCode, headers, body }: Answer, status: number, code: string): void {
    const problem = JSON.parse(body);
    assert.deepEqual([statusCode, problem.code, problem.status], [status, code, status], body);
    assert.equal(problem.type, `urn:gatehouse:error:${code}`);
    assert.equal(problem.requestId, headers['X-Request-Id']);
    assert.equal(headers['Content-Type'], 'application/problem+json');
    assert.equal(headers['Cache-Control'], 'private, no-store');
    assert.equal(headers['X-Content-Type-Options'], 'nosniff');
    assert.equal(headers['Referrer-Policy'], 'no-referrer');
    assert.match(headers['Strict-Transport-Security'] ?? '', /^max-age=31536000/);
    assert.match(headers['Content-Security-Policy'] ?? '', /default-src 'none'.*frame-ancestors 'none'/);
    for (const value of Object.values(headers)) assert.equal(typeof value, 'string');
  }

  for (const [shape, event] of [
    ['payload 1.0', proxyEvent],
    ['payload 2.0', proxyEvent2],
  ] as const) {
    describe(`with ${shape}`, () => {
      it('calls the handler with the event and the principal, which has the directory id', async () => {
        const { statusCode, body } = await call(
          'notes',
          event([await environment.bearer(['members'])]),
          'r1',
        );
        const { principal, requestId } = JSON.parse(body);
        assert.deepEqual([statusCode, requestId], [200, 'r1']);
        assert.equal(principal.directoryId, externalId(ISSUER, 'ada'));
        assert.deepEqual(principal.permissions, permissionsOf(['member']));
      });

      it('answers 401 with a bare challenge without a token', async () => {
        const answer = await call('notes', event([]));
        assertRefusal(answer, 401, 'unauthenticated');
        assert.equal(answer.headers['WWW-Authenticate'], 'Bearer realm="gatehouse"');
      });

      it('answers 401 with an error to an invalid token', async () => {
        const good = await environment.bearer(['members']);
        for (const line of [
          `${good}x`,
          'Bearer',
          `Basic ${good}`,
          `Bearer ${forge({ alg: 'none', typ: 'at+jwt' }, { iss: ISSUER }, unsigned)}`,
          await environment.bearer(['members'], { aud: 'https://other.example.com' }),
        ]) {
          for (const handler of ['notes', 'open']) {
            const answer = await call(handler, event([line]));
            assertRefusal(answer, 401, 'invalid_token');
            assert.match(answer.headers['WWW-Authenticate'] ?? '', /^Bearer .*error="invalid_token"/);
          }
        }
      });

      it('answers 400 to two Authorization headers', async () => {
        const good = await environment.bearer(['members']);
        assertRefusal(await call('notes', event([good, good])), 400, 'invalid_request');
      });

      it('answers 403 to a caller without the permission, and names it', async () => {
        const answer = await call('notes', event([await environment.bearer(['reporters'])]));
        assertRefusal(answer, 403, 'permission_denied');
        assert.equal(
          answer.headers['WWW-Authenticate'],
          'Bearer realm="gatehouse", error="insufficient_scope", scope="notes:read"',
        );
      });

      it('answers 403 for a privileged permission, whatever the token says', async () => {
        const answer = await call('privileged', event([await environment.bearer(['bosses'])]));
        assertRefusal(answer, 403, 'permission_denied');
        assert.match(JSON.parse(answer.body).detail, /directory/);
      });

      it('calls the handler for anonymous callers where the rule is public', async () => {
        const { statusCode, body } = await call('open', event([]));
        assert.deepEqual([statusCode, JSON.parse(body).principal.kind], [200, 'anonymous']);
      });

      it('allows callers their own resources, and answers 404 for those of others', async () => {
        const line = await environment.bearer(['members']);
        const owner = externalId(ISSUER, 'ada');
        assert.equal((await call('own', event([line], { owner }))).statusCode, 200);
        assertRefusal(await call('own', event([line], { owner: 'bob' })), 404, 'not_found');
        assertRefusal(await call('ownless', event([line], { owner })), 404, 'not_found');
      });

      it('answers a fixed 500 when loading the owner fails', async () => {
        const answer = await call('broken', event([await environment.bearer(['members'])]));
        assertRefusal(answer, 500, 'internal');
        assert.ok(!answer.body.includes('no such table'));
      });

      it('does not catch what the handler throws', async () => {
        await assert.rejects(call('throwing', event([await environment.bearer(['members'])])), {
          message: 'mine',
        });
      });
    });
  }

  it('finds the header in any casing', async () => {
    const line = await environment.bearer(['members']);
    for (const name of ['authorization', 'AUTHORIZATION', 'aUTHORIZATION'])
      assert.equal((await call('notes', proxyEvent([line], { name }))).statusCode, 200);
  });

  it('reads no token from a cookie', async () => {
    const line = await environment.bearer(['members']);
    const cookies = [`__session=${line.slice(7)}`];
    assertRefusal(await call('notes', proxyEvent2([], { cookies })), 401, 'unauthenticated');
  });

  it('answers 401 to an event without headers', async () => {
    for (const event of [{}, { headers: null, multiValueHeaders: null }, { version: '2.0' }])
      assertRefusal(await call('notes', event), 401, 'unauthenticated');
  });

  it('logs the request id of Lambda, not one that a caller chose', async () => {
    const from = lambda.output().length;
    const answer = await call('notes', proxyEvent([]), 'r42');
    assert.equal(answer.headers['X-Request-Id'], 'r42');
    assert.deepEqual(
      parseLines(lambda.output().slice(from)).map(({ requestId, granted }) => [requestId, granted]),
      [['r42', false]],
    );
  });

  it('answers 503 with Retry-After while the issuer’s keys cannot be fetched, then recovers', async () => {
    const fresh = await environment.start();
    const event = proxyEvent([await environment.bearer(['members'])]);
    environment.keys.fail();
    try {
      const answer = (await fresh.call('notes', event)) as Answer;
      assertRefusal(answer, 503, 'unavailable');
      assert.equal(answer.headers['Retry-After'], '5');
    } finally {
      environment.keys.publish([environment.pair.jwk]);
      await fresh.stop();
    }
    const next = await environment.start();
    assert.equal(((await next.call('notes', event)) as Answer).statusCode, 200);
    await next.stop();
  });

  it('fetches the keys once for many tokens', async () => {
    const fresh = await environment.start();
    const before = environment.keys.requests.length;
    const lines = await Promise.all(
      Array.from({ length: 20 }, (_, index) => environment.bearer(['members'], { sub: `user-${index}` })),
    );
    const answers = await Promise.all(lines.map((line) => fresh.call('notes', proxyEvent2([line]))));
    assert.ok(answers.every((answer) => (answer as Answer).statusCode === 200));
    assert.deepEqual(environment.keys.requests.slice(before), ['/keys']);
    await fresh.stop();
  });
});
