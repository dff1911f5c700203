import assert from 'node:assert/strict';
import type { APIGatewayAuthorizerWithContextResult } from 'aws-lambda';
import { externalId } from '../../../functions/src/authn/external-identity.ts';
import { permissionsOf } from '../../../functions/src/authz/roles.ts';
import { parseLines } from '../../../functions/test/helpers/capture.ts';
import { forge, unsigned } from '../../../functions/test/helpers/forge.ts';
import { createSigningPair } from '../../../functions/test/helpers/signing.ts';
import type { CallerContext } from '../../src/caller-context.ts';
import { mayInvoke } from '../helpers/api-gateway.ts';
import { arnOf, requestEvent, simpleEvent, tokenEvent } from '../helpers/events.ts';
import { ISSUER, ISSUER_SETTING } from '../helpers/issuer.ts';
import type { Lambda } from '../helpers/zip.ts';
import { openZipEnvironment, ROUTES, type ZipEnvironment } from '../helpers/zip-environment.ts';

type Policy = APIGatewayAuthorizerWithContextResult<CallerContext>;
type Lines = readonly string[];

describe('the Lambda authorizer', function () {
  this.timeout(60_000);
  let environment: ZipEnvironment;
  let routed: Lambda;
  let plain: Lambda;

  before(async () => {
    environment = await openZipEnvironment();
    routed = await environment.start(ROUTES);
    plain = await environment.start();
  });

  after(async () => {
    await Promise.all([routed.stop(), plain.stop()]);
    await environment.close();
  });

  // The tests below check the shape.
  const policyOf = async (event: unknown, lambda = routed) =>
    (await lambda.call('authorizer', event)) as Policy;
  const linesOf = (output: string, from: number) => parseLines(output.slice(from));

  /** One request as each kind of event that gets a policy as response. */
  const shapes: [string, (lines: Lines, method?: string, path?: string, resource?: string) => unknown][] = [
    ['TOKEN', (lines, method, path) => tokenEvent(lines.join(','), method, path)],
    ['REQUEST', (lines, method, path, resource) => requestEvent(lines, { method, path, resource })],
    [
      'REQUEST with its own casing',
      (lines, method, path, resource) =>
        requestEvent(lines, { method, path, resource, name: 'AUTHORIZATION' }),
    ],
    [
      'REQUEST of an HTTP API, payload 1.0',
      (lines, method, path, resource) => requestEvent(lines, { method, path, resource, version: '1.0' }),
    ],
  ];

  for (const [shape, event] of shapes) {
    describe(`with a ${shape} event`, () => {
      it('allows exactly what the caller may call', async () => {
        const lines = [await environment.bearer(['members'])];
        const allowed: string[] = [];
        for (const { method, path: resource } of ROUTES) {
          const path = resource.replace('{id}', '7');
          const { policyDocument } = await policyOf(event(lines, method, path, resource));
          if (mayInvoke(policyDocument, arnOf(method, path))) allowed.push(`${method} ${resource}`);
          assert.equal(policyDocument.Version, '2012-10-17');
        }
        const withParameter = shape === 'TOKEN' ? [] : ['GET /notes/{id}'];
        assert.deepEqual(allowed, ['GET /notes', 'POST /notes', ...withParameter]);
      });

      it('answers with one ARN, that of the request', async () => {
        const lines = [await environment.bearer(['members'])];
        for (const [method, path, effect] of [
          ['GET', '/notes', 'Allow'],
          ['GET', '/audit', 'Deny'],
          ['POST', '/users', 'Deny'],
          ['GET', '/nowhere', 'Deny'],
        ] as const) {
          const { policyDocument } = await policyOf(event(lines, method, path));
          assert.deepEqual(policyDocument.Statement, [
            { Action: 'execute-api:Invoke', Effect: effect, Resource: arnOf(method, path) },
          ]);
        }
      });

      it('allows nothing for a path with wildcards', async () => {
        const lines = [await environment.bearer(['readers'])];
        for (const path of ['/*', '/notes/*', '/?????', '/notes/*/GET/*', '/notes/%2A', '/$default/*']) {
          for (const lambda of [routed, plain]) {
            const { policyDocument } = await policyOf(event(lines, 'GET', path, '/notes/{id}'), lambda);
            for (const requested of [path, '/notes', '/notes/1'])
              assert.ok(!mayInvoke(policyDocument, arnOf('GET', requested)), `${path} ${requested}`);
          }
        }
      });

      it('never allows privileged permissions, whatever a token says', async () => {
        const lines = [await environment.bearer(['bosses'])];
        const users = await policyOf(event(lines, 'POST', '/users'));
        assert.ok(!mayInvoke(users.policyDocument, arnOf('POST', '/users')));
        const audit = await policyOf(event(lines, 'GET', '/audit'));
        assert.ok(mayInvoke(audit.policyDocument, arnOf('GET', '/audit')));
      });

      it('throws Unauthorized for an invalid token', async () => {
        const good = await environment.bearer(['members']);
        const now = Math.floor(Date.now() / 1000);
        const unpublished = await createSigningPair('RS256', 'k1');
        const claims = { iss: ISSUER, aud: ISSUER_SETTING.audience, sub: 'ada', iat: now, exp: now + 60 };
        const bad: Record<string, Lines> = {
          'no line': [],
          'two lines': [good, good],
          'a word': ['hello'],
          'another scheme': [good.replace('Bearer', 'Basic')],
          'alg none': [`Bearer ${forge({ alg: 'none', typ: 'at+jwt' }, claims, unsigned)}`],
          'a cut signature': [good.slice(0, -10)],
          'an unpublished key': [`Bearer ${await unpublished.sign(claims, { typ: 'at+jwt' })}`],
          'another audience': [await environment.bearer(['members'], { aud: 'https://other.example.com' })],
          'another issuer': [await environment.bearer(['members'], { iss: 'https://evil.example/' })],
          'an expired token': [await environment.bearer(['members'], { iat: now - 100, exp: now - 1 })],
          'an ID token': [await environment.bearer(['members'], {}, { typ: 'JWT' })],
        };
        for (const [what, lines] of Object.entries(bad)) {
          for (const lambda of [routed, plain])
            await assert.rejects(policyOf(event(lines), lambda), { message: 'Unauthorized' }, what);
        }
      });
    });
  }

  it('passes the caller to the back end, all values as strings', async () => {
    const token = await environment.bearer(['helpers'], { email: 'ada@example.com', email_verified: true });
    const { principalId, context } = await policyOf(tokenEvent(token));
    const { permissions, tokenExpiresAt, cacheKey, ...rest } = context;
    const uid = externalId(ISSUER, 'ada');
    assert.equal(principalId, uid);
    assert.deepEqual(rest, {
      uid,
      issuer: ISSUER,
      subject: 'ada',
      kind: 'user',
      roles: 'support',
      email: 'ada@example.com',
      emailVerified: 'true',
    });
    assert.deepEqual(permissions.split(' '), permissionsOf(['support']));
    assert.match(tokenExpiresAt, /^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
    assert.match(cacheKey, /^[\w-]{43}$/);
  });

  it('allows every signed-in caller without routes, on this stage and no other', async () => {
    const event = tokenEvent(await environment.bearer(['strangers']), 'DELETE', '/notes/7/x');
    const { policyDocument } = await policyOf(event, plain);
    assert.ok(mayInvoke(policyDocument, event.methodArn));
    assert.ok(!mayInvoke(policyDocument, event.methodArn.replace('/test/', '/prod/')));
  });

  for (const [what, event] of [
    ['no event', null],
    ['an event of another kind', { Records: [] }],
    ['a method that does not exist', tokenEvent('Bearer a.b.c', '*')],
    ['a wildcard for an API', { ...tokenEvent('Bearer a.b.c'), methodArn: '*' }],
  ] as const) {
    it(`throws for ${what}`, async () => {
      await assert.rejects(policyOf(event), (error: Error) => error.message !== 'Unauthorized');
    });
  }

  it('throws Unauthorized when the token of a TOKEN event is not a string', async () => {
    for (const value of [undefined, null, 7, {}, ''])
      await assert.rejects(policyOf(tokenEvent(value)), { message: 'Unauthorized' });
  });

  it('throws Unavailable, which is a 500, while the issuer’s keys cannot be fetched', async () => {
    const lambda = await environment.start(ROUTES);
    const token = await environment.bearer(['members']);
    environment.keys.fail();
    try {
      for (const event of [tokenEvent(token), requestEvent([token]), simpleEvent([token])])
        await assert.rejects(lambda.call('authorizer', event), { message: 'Unavailable' });
    } finally {
      environment.keys.publish([environment.pair.jwk]);
      await lambda.stop();
    }
  });

  it('logs one line for each decision, without the token', async () => {
    const from = routed.output().length;
    const token = await environment.bearer(['members']);
    await routed.call(
      'authorizer',
      requestEvent([token], { method: 'DELETE', path: '/notes/7', resource: '/notes/{id}' }),
      'r7',
    );
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

  describe('of an HTTP API with simple responses', () => {
    const ask = async (groups: readonly string[], route = {}, lambda = routed) =>
      lambda.call('authorizer', simpleEvent([await environment.bearer(groups)], route));

    it('allows a permitted caller, with the same context as a policy has', async () => {
      const token = await environment.bearer(['members']);
      const { context } = await policyOf(tokenEvent(token));
      assert.deepEqual(await routed.call('authorizer', simpleEvent([token])), {
        isAuthorized: true,
        context,
      });
    });

    it('refuses other callers, without a context', async () => {
      assert.deepEqual(await ask(['reporters']), { isAuthorized: false });
      assert.deepEqual(await ask(['bosses'], { method: 'POST', path: '/users' }), { isAuthorized: false });
    });

    it('decides by the route key, not by the path', async () => {
      const route = { method: 'GET', path: '/notes', routeKey: 'GET /audit' };
      assert.deepEqual(await ask(['members'], route), { isAuthorized: false });
      const named = { path: '/notes/7', routeKey: 'GET /notes/{noteId}' };
      assert.equal(((await ask(['members'], named)) as { isAuthorized: boolean }).isAuthorized, true);
    });

    it('refuses every route where the identity sources lack its key, unless there are no routes', async () => {
      const token = await environment.bearer(['members']);
      const event = { ...simpleEvent([token]), identitySource: [token] };
      assert.deepEqual(await routed.call('authorizer', event), { isAuthorized: false });
      const [line] = linesOf(routed.output(), 0).slice(-1);
      assert.deepEqual([line?.granted, line?.reason], [false, 'identity-source-lacks-route']);
      const answer = (await plain.call('authorizer', event)) as { isAuthorized: boolean };
      assert.equal(answer.isAuthorized, true);
    });

    it('refuses a route that is not listed', async () => {
      for (const routeKey of ['$default', 'ANY /notes', 'GET /notes/7', '__proto__'])
        assert.deepEqual(await ask(['bosses'], { routeKey }), { isAuthorized: false });
    });

    it('allows every signed-in caller without routes', async () => {
      const answer = (await ask(['strangers'], { routeKey: '$default' }, plain)) as { isAuthorized: boolean };
      assert.equal(answer.isAuthorized, true);
    });

    it('throws Unauthorized without a token, with two, and with an invalid one', async () => {
      const good = await environment.bearer(['members']);
      for (const lines of [[], [good, good], [`${good}x`], ['Bearer'], ['Bearer a.b.c']]) {
        await assert.rejects(routed.call('authorizer', simpleEvent(lines)), { message: 'Unauthorized' });
      }
    });

    it('reads no token from a cookie, the query or the identity sources', async () => {
      const token = await environment.bearer(['members']);
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
