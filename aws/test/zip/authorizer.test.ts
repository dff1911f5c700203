import assert from 'node:assert/strict';
import type { APIGatewayAuthorizerWithContextResult } from 'aws-lambda';
import { externalId } from '../../src/authn/external-identity.ts';
import type { CallerContext } from '../../src/gateways/caller-context.ts';
import { parseLines } from '../helpers/capture.ts';
import { forge, unsigned } from '../helpers/forge.ts';
import { GATE_ISSUER, GATE_SETTING, mayInvoke } from '../helpers/gate.ts';
import { createSigningPair } from '../helpers/signing.ts';
import { API, arnOf, requestEvent, simpleEvent, tokenEvent } from './events.ts';
import { openWorld, ROUTES, type World } from './world.ts';
import type { Lambda } from './zip.ts';

type Policy = APIGatewayAuthorizerWithContextResult<CallerContext>;
type Lines = readonly string[];

describe('the Lambda authorizer', function () {
  this.timeout(60_000);
  let world: World;
  let routed: Lambda;
  let plain: Lambda;

  before(async () => {
    world = await openWorld();
    routed = await world.start({ routes: ROUTES });
    plain = await world.start();
  });

  after(async () => {
    await Promise.all([routed.stop(), plain.stop()]);
    await world.close();
  });

  // What it answers has the shape that AWS's types say; the tests below look at each part.
  const policyOf = async (event: unknown, lambda = routed) =>
    (await lambda.call('authorizer', event)) as Policy;
  const linesOf = (output: string, from: number) => parseLines(output.slice(from));

  /** One caller, in each shape that asks for a policy. */
  const shapes: [string, (lines: Lines, method?: string, path?: string) => unknown][] = [
    ['TOKEN', (lines, method, path) => tokenEvent(lines.join(','), method, path)],
    ['REQUEST', (lines, method, path) => requestEvent(lines, { method, path })],
    [
      'REQUEST with its own casing',
      (lines, method, path) => requestEvent(lines, { method, path, name: 'AUTHORIZATION' }),
    ],
    [
      'REQUEST of an HTTP API, payload 1.0',
      (lines, method, path) => requestEvent(lines, { method, path, version: '1.0' }),
    ],
  ];

  for (const [shape, event] of shapes) {
    describe(`asked by a ${shape} event`, () => {
      it('allows exactly what the caller may call', async () => {
        const { policyDocument } = await policyOf(event([await world.bearer(['members'])]));
        const allowed = ROUTES.filter(({ method, path }) =>
          mayInvoke(policyDocument, arnOf(method, path.replace('{id}', '7'))),
        );
        assert.deepEqual(
          allowed.map(({ method, path }) => `${method} ${path}`),
          ['GET /notes', 'POST /notes', 'GET /notes/{id}'],
        );
        assert.equal(policyDocument.Version, '2012-10-17');
      });

      it('gives the same policy whatever route is asked for first, since it is kept for the others', async () => {
        const lines = [await world.bearer(['members'])];
        const first = await policyOf(event(lines, 'GET', '/notes'));
        for (const [method, path] of [
          ['DELETE', '/notes/1'],
          ['POST', '/users'],
          ['GET', '/nowhere'],
        ] as const) {
          assert.deepEqual(await policyOf(event(lines, method, path)), first);
        }
        assert.ok(!mayInvoke(first.policyDocument, arnOf('DELETE', '/notes/1')));
        assert.ok(mayInvoke(first.policyDocument, arnOf('GET', '/notes/1')));
      });

      it('is not widened by wildcards in the path of the request', async () => {
        const lines = [await world.bearer(['readers'])];
        const first = await policyOf(event(lines));
        for (const path of ['/*', '/notes/*', '/?????', '/notes/*/GET/*', '/notes/%2A', '/$default/*']) {
          const { policyDocument } = await policyOf(event(lines, 'GET', path));
          assert.deepEqual(policyDocument, first.policyDocument, path);
        }
      });

      it('lets nobody below a route by the wildcard of its parameter', async () => {
        const { policyDocument } = await policyOf(event([await world.bearer(['members'])]));
        assert.ok(!mayInvoke(policyDocument, arnOf('GET', '/notes/7/reports')));
        const helper = await policyOf(event([await world.bearer(['helpers'])]));
        assert.ok(mayInvoke(helper.policyDocument, arnOf('GET', '/notes/7/reports')));
      });

      it('denies everything to who may call nothing', async () => {
        const { policyDocument } = await policyOf(event([await world.bearer(['strangers'])]));
        assert.deepEqual(policyDocument.Statement, [
          { Action: 'execute-api:Invoke', Effect: 'Deny', Resource: [`${API}/*`] },
        ]);
      });

      it('never allows what is privileged, whatever a token says', async () => {
        const { policyDocument } = await policyOf(event([await world.bearer(['bosses'])]));
        assert.ok(!mayInvoke(policyDocument, arnOf('POST', '/users')));
        assert.ok(mayInvoke(policyDocument, arnOf('GET', '/audit')));
      });

      it('answers Unauthorized, in that one word, to whatever is no good token', async () => {
        const good = await world.bearer(['members']);
        const now = Math.floor(Date.now() / 1000);
        const stranger = await createSigningPair('RS256', 'k1');
        const claims = { iss: GATE_ISSUER, aud: GATE_SETTING.audience, sub: 'ada', iat: now, exp: now + 60 };
        const bad: Record<string, Lines> = {
          'no line': [],
          'two lines': [good, good],
          'a word': ['hello'],
          'another scheme': [good.replace('Bearer', 'Basic')],
          'alg none': [`Bearer ${forge({ alg: 'none', typ: 'at+jwt' }, claims, unsigned)}`],
          'a cut signature': [good.slice(0, -10)],
          'a stranger’s key': [`Bearer ${await stranger.sign(claims, { typ: 'at+jwt' })}`],
          'another audience': [await world.bearer(['members'], { aud: 'https://other.example.com' })],
          'another issuer': [await world.bearer(['members'], { iss: 'https://evil.example/' })],
          'an expired token': [await world.bearer(['members'], { iat: now - 100, exp: now - 1 })],
          'an ID token': [await world.bearer(['members'], {}, { typ: 'JWT' })],
        };
        for (const [what, lines] of Object.entries(bad)) {
          for (const lambda of [routed, plain])
            await assert.rejects(policyOf(event(lines), lambda), { message: 'Unauthorized' }, what);
        }
      });
    });
  }

  it('tells the back end who calls, all of it as text', async () => {
    const token = await world.bearer(['helpers'], { email: 'ada@example.com', email_verified: true });
    const { principalId, context } = await policyOf(tokenEvent(token));
    const { permissions, tokenExpiresAt, cacheKey, ...rest } = context;
    const id = externalId(GATE_ISSUER, 'ada');
    assert.equal(principalId, id);
    assert.deepEqual(rest, {
      id,
      issuer: GATE_ISSUER,
      subject: 'ada',
      kind: 'user',
      roles: 'support',
      email: 'ada@example.com',
      emailVerified: 'true',
    });
    assert.deepEqual(permissions.split(' ').sort(), [
      'notes:moderate',
      'notes:read',
      'notes:write',
      'sessions:revoke',
      'users:read',
    ]);
    assert.match(tokenExpiresAt, /^\d{10}$/);
    assert.match(cacheKey, /^[\w-]{43}$/);
  });

  it('without routes lets whoever is signed in call this stage, and no other API', async () => {
    const { policyDocument } = await policyOf(tokenEvent(await world.bearer(['strangers'])), plain);
    assert.ok(mayInvoke(policyDocument, arnOf('DELETE', '/notes/7/x')));
    assert.ok(!mayInvoke(policyDocument, arnOf('GET', '/notes').replace('/test/', '/prod/')));
  });

  for (const [what, event] of [
    ['no event', null],
    ['an event of another kind', { Records: [] }],
    ['a method that is none', tokenEvent('Bearer a.b.c', '*')],
    ['a wildcard for an API', { ...tokenEvent('Bearer a.b.c'), methodArn: '*' }],
  ] as const) {
    it(`fails, and allows nothing, for ${what}`, async () => {
      await assert.rejects(policyOf(event), (error: Error) => error.message !== 'Unauthorized');
    });
  }

  it('answers Unauthorized when a TOKEN event has no text for a token', async () => {
    for (const value of [undefined, null, 7, {}, ''])
      await assert.rejects(policyOf(tokenEvent(value)), { message: 'Unauthorized' });
  });

  it('fails, which is a 500 and no 401, while the issuer’s keys cannot be had', async () => {
    const lambda = await world.start({ routes: ROUTES });
    const token = await world.bearer(['members']);
    world.keys.fail();
    try {
      for (const event of [tokenEvent(token), requestEvent([token]), simpleEvent([token])])
        await assert.rejects(lambda.call('authorizer', event), { message: 'Unavailable' });
    } finally {
      world.keys.publish([world.pair.jwk]);
      await lambda.stop();
    }
  });

  it('writes one line for each decision, without the token', async () => {
    const from = routed.output().length;
    const token = await world.bearer(['members']);
    await routed.call('authorizer', requestEvent([token], { method: 'DELETE', path: '/notes/7' }), 'r7');
    await routed.call('authorizer', tokenEvent(token, 'GET', '/nowhere'), 'r8');
    await routed.call('authorizer', simpleEvent([token]), 'r9');
    await assert.rejects(routed.call('authorizer', tokenEvent(`${token}x`), 'r10'));
    const lines = linesOf(routed.output(), from);
    assert.deepEqual(
      lines.map(({ requestId, permission, granted, reason }) => [requestId, permission, granted, reason]),
      [
        ['r7', 'notes:moderate', false, 'missing-permission'],
        ['r8', 'signed-in', false, 'not-in-routes'],
        ['r9', 'notes:read', true, 'granted'],
        ['r10', 'notes:read', false, lines.at(-1)?.reason],
      ],
    );
    assert.ok(!routed.output().includes(token.split('.')[1] ?? '?'));
  });

  describe('of an HTTP API, asked for a simple answer', () => {
    const ask = async (groups: readonly string[], route = {}, lambda = routed) =>
      lambda.call('authorizer', simpleEvent([await world.bearer(groups)], route));

    it('authorises who may call the route, and tells the same of them as a policy does', async () => {
      const token = await world.bearer(['members']);
      const { context } = await policyOf(tokenEvent(token));
      assert.deepEqual(await routed.call('authorizer', simpleEvent([token])), {
        isAuthorized: true,
        context,
      });
    });

    it('refuses who may not, and says nothing of them', async () => {
      assert.deepEqual(await ask(['reporters']), { isAuthorized: false });
      assert.deepEqual(await ask(['bosses'], { method: 'POST', path: '/users' }), { isAuthorized: false });
    });

    it('goes by the key of the route, not by the path that the caller wrote', async () => {
      const route = { method: 'GET', path: '/notes', routeKey: 'GET /audit' };
      assert.deepEqual(await ask(['members'], route), { isAuthorized: false });
      const named = { path: '/notes/7', routeKey: 'GET /notes/{noteId}' };
      assert.equal(((await ask(['members'], named)) as { isAuthorized: boolean }).isAuthorized, true);
    });

    it('refuses every route where the identity sources lack its key, but for a gate without routes', async () => {
      const token = await world.bearer(['members']);
      const event = { ...simpleEvent([token]), identitySource: [token] };
      assert.deepEqual(await routed.call('authorizer', event), { isAuthorized: false });
      const [line] = linesOf(routed.output(), 0).slice(-1);
      assert.deepEqual([line?.granted, line?.reason], [false, 'identity-source-lacks-route']);
      const answer = (await plain.call('authorizer', event)) as { isAuthorized: boolean };
      assert.equal(answer.isAuthorized, true);
    });

    it('refuses a route that is not in the list', async () => {
      for (const routeKey of ['$default', 'ANY /notes', 'GET /notes/7', '__proto__'])
        assert.deepEqual(await ask(['bosses'], { routeKey }), { isAuthorized: false });
    });

    it('without routes authorises whoever is signed in', async () => {
      const answer = (await ask(['strangers'], { routeKey: '$default' }, plain)) as { isAuthorized: boolean };
      assert.equal(answer.isAuthorized, true);
    });

    it('answers Unauthorized without a token, with two, and with a bad one', async () => {
      const good = await world.bearer(['members']);
      for (const lines of [[], [good, good], [`${good}x`], ['Bearer'], ['Bearer a.b.c']]) {
        await assert.rejects(routed.call('authorizer', simpleEvent(lines)), { message: 'Unauthorized' });
      }
    });

    it('takes no token from a cookie, the query or the identity sources', async () => {
      const token = await world.bearer(['members']);
      const event = {
        ...simpleEvent([]),
        identitySource: [token],
        cookies: [`__session=${token.slice(7)}`, `authorization=${token}`],
        rawQueryString: `access_token=${token.slice(7)}`,
        queryStringParameters: { access_token: token.slice(7), authorization: token },
      };
      await assert.rejects(routed.call('authorizer', event), { message: 'Unauthorized' });
    });
  });
});
