import assert from 'node:assert/strict';
import type { APIGatewayAuthorizerResult } from 'aws-lambda';
import { type AuthorizerHandler, createHandler } from '../src/handler.ts';
import { createRouteTable, type RouteAccess } from '../src/route-table.ts';
import { createAuthorizerCache, mayInvoke } from './helpers/api-gateway.ts';
import { type AuthorizerEnvironment, openAuthorizerEnvironment } from './helpers/authorizer-environment.ts';
import { arnOf, requestEvent, simpleEvent, tokenEvent } from './helpers/events.ts';

const ROUTES: RouteAccess[] = [
  { method: 'GET', path: '/notes', access: { permission: 'notes:read' } },
  { method: 'DELETE', path: '/notes', access: { permission: 'notes:moderate' } },
  { method: 'GET', path: '/notes/{id}', access: { permission: 'notes:read' } },
  { method: 'GET', path: '/notes/all', access: { permission: 'notes:moderate' } },
  { method: 'GET', path: '/admin/{proxy+}', access: { permission: 'users:read' } },
  { method: 'GET', path: '/{proxy+}', access: 'signed-in' },
];

describe('the authorizer handler', () => {
  let environment: AuthorizerEnvironment;
  let handler: AuthorizerHandler;

  beforeEach(async () => {
    environment = await openAuthorizerEnvironment();
    handler = createHandler(environment.authorizer, createRouteTable(ROUTES));
  });

  afterEach(() => environment.close());

  const bearer = async (...groups: string[]) => `Bearer ${await environment.token(groups)}`;

  /** The policy for an event. Test events have only the fields that are read. */
  const policyOf = async (event: object, authorizer = handler) =>
    ((await authorizer(event as never)) as APIGatewayAuthorizerResult).policyDocument;

  /** What the policy says about the request itself, and what the log says. */
  async function ask(event: { methodArn: string }) {
    const may = mayInvoke(await policyOf(event), event.methodArn);
    const { granted, reason } = environment.lines.at(-1) ?? {};
    return { may, granted, reason };
  }

  describe('with a REQUEST event', () => {
    const request = async (path: string, resource: string, group = 'readers') =>
      requestEvent([await bearer(group)], { path, resource });

    it('decides by the route that API Gateway chose, not by the path', async () => {
      assert.deepEqual(await ask(await request('/notes/all', '/notes/{id}')), {
        may: true,
        granted: true,
        reason: 'granted',
      });
      for (const [path, resource] of [
        ['/notes/all', '/notes/all'],
        ['/notes/1', '/notes/all'],
        ['/admin/x', '/admin/{proxy+}'],
      ] as const)
        assert.deepEqual(await ask(await request(path, resource)), {
          may: false,
          granted: false,
          reason: 'missing-permission',
        });
    });

    it('allows the path of this request and no other', async () => {
      const policy = await policyOf(await request('/notes/1', '/notes/{id}'));
      assert.ok(mayInvoke(policy, arnOf('GET', '/notes/1')));
      for (const path of ['/notes/2', '/notes/1/secret', '/notes/1/', '/notes', '/notes/'])
        assert.ok(!mayInvoke(policy, arnOf('GET', path)), path);
    });

    it('logs what the policy says, whatever the path is', async () => {
      const paths = [
        '',
        '/',
        '/notes',
        '/notes/',
        '/notes/1',
        '/notes/1/',
        '/notes//',
        '/notes/all',
        '/no/where',
      ];
      const odd = ['/notes/%61ll', '/notes/*', '/notes/?/x', '/notes/./tags', '/notes/é', '/notes/1/\nx'];
      for (const path of [...paths, ...odd, '/notes/$' + '{a}/x', '/notes/1/'.padEnd(900, 'x')]) {
        for (const resource of ['/notes/{id}', '/notes/all', path]) {
          const { may, granted } = await ask(await request(path, resource));
          assert.equal(granted, may, `${path} of ${resource}`);
        }
      }
    });

    it('refuses a route that is not listed', async () => {
      const refused = { may: false, granted: false, reason: 'not-in-routes' };
      assert.deepEqual(await ask(await request('/notes/1', '/notes/1')), refused);
      assert.deepEqual(await ask(await request('/notes/1/tags', '/notes/{id}/tags')), refused);
      assert.deepEqual(
        await ask({ ...(await request('/notes', '')), resource: undefined } as never),
        refused,
      );
    });

    for (const path of [
      '/notes/*',
      '/*',
      '/????',
      '/notes/$' + '{a}',
      '/notes/%2A',
      '/notes/%252a',
      '/%6eotes',
      '/notes%2F1',
      '/notes/%2e%2E',
      '/notes/1%0a',
      '/notes/1\n',
    ]) {
      it(`refuses the path ${JSON.stringify(path)}, which could be another one in a policy`, async () => {
        const event = await request(path, '/{proxy+}', 'bosses');
        assert.deepEqual(await ask(event), { may: false, granted: false, reason: 'arn-not-exact' });
        const policy = await policyOf(event);
        for (const other of ['/notes', '/notes/1', '/notes/%2A', '/notes/*', '/admin/x', '/'])
          assert.ok(!mayInvoke(policy, arnOf('GET', other)), other);
      });
    }

    for (const path of ['/notes/a b', '/notes/a%20b', '/notes/caf%C3%A9', '/notes/a+b,c;d=e:f@g']) {
      it(`allows the path ${path} as it is written`, async () => {
        const policy = await policyOf(await request(path, '/notes/{id}'));
        const paths = [path, decodeURIComponent(path), encodeURI(path), '/notes/x', '/notes/a'];
        for (const other of paths)
          assert.equal(mayInvoke(policy, arnOf('GET', other)), other === path, other);
      });
    }

    it('refuses a path that is too long for a policy', async () => {
      const event = await request('/notes/'.padEnd(900, 'x'), '/notes/{id}');
      assert.deepEqual(await ask(event), { may: false, granted: false, reason: 'arn-not-exact' });
    });

    it('allows the $default stage of an HTTP API', async () => {
      const stage = 'arn:aws:execute-api:us-east-1:123456789012:abcdef123/$default';
      const event = requestEvent([await bearer('readers')], {
        path: '/notes/1',
        resource: '/notes/{id}',
        version: '1.0',
      });
      const policy = await policyOf({ ...event, methodArn: `${stage}/GET/notes/1` });
      assert.ok(mayInvoke(policy, `${stage}/GET/notes/1`));
      assert.ok(!mayInvoke(policy, `${stage}/GET/notes/2`));
    });

    it('refuses payload 1.0 where the identity sources lack the token', async () => {
      const event = requestEvent([await bearer('readers')], { version: '1.0' });
      assert.deepEqual(await ask({ ...event, identitySource: 'GET,/notes' } as never), {
        may: false,
        granted: false,
        reason: 'identity-source-lacks-token',
      });
    });

    it('allows payload 1.0 without identity sources, which cannot be cached', async () => {
      const event = requestEvent([await bearer('readers')], { version: '1.0' });
      for (const identitySource of ['', null, undefined])
        assert.equal((await ask({ ...event, identitySource } as never)).may, true);
    });
  });

  describe('with a TOKEN event', () => {
    const token = async (path: string, method = 'GET', group = 'readers') =>
      tokenEvent(await bearer(group), method, path);

    it('decides by the path where the list has it without parameters', async () => {
      assert.equal((await ask(await token('/notes'))).may, true);
      assert.deepEqual(await ask(await token('/notes/all')), {
        may: false,
        granted: false,
        reason: 'missing-permission',
      });
    });

    it('refuses a path of a route with parameters', async () => {
      for (const path of ['/notes/1', '/notes/{id}', '/admin/x', '/x', '/notes/', '/notes/*', '/%6Eotes'])
        assert.deepEqual(await ask(await token(path, 'GET', 'bosses')), {
          may: false,
          granted: false,
          reason: 'not-in-routes',
        });
    });
  });

  describe('behind the cache of API Gateway', () => {
    type Event = ReturnType<typeof requestEvent> | ReturnType<typeof tokenEvent>;

    /** What API Gateway answers to each request, with answers cached under these identity sources. */
    async function answers(events: readonly Event[], keyOf: (event: never) => readonly unknown[]) {
      const cached = createAuthorizerCache(
        (event: Event) => policyOf(event),
        keyOf as (event: Event) => unknown[],
      );
      const results: boolean[] = [];
      for (const event of events) results.push(mayInvoke(await cached(event), event.methodArn));
      return results;
    }

    type Request = ReturnType<typeof requestEvent>;
    const authorization = ({ headers }: Request) => Object.values(headers).at(-1);

    /** A reader may call the first and the third, which are one route. */
    async function requests(version?: string) {
      const lines = [await bearer('readers')];
      return [
        requestEvent(lines, { path: '/notes/1', resource: '/notes/{id}', version }),
        requestEvent(lines, { method: 'DELETE', path: '/notes', version }),
        requestEvent(lines, { path: '/notes/2', resource: '/notes/{id}', version }),
        requestEvent(lines, { path: '/notes/all', version }),
      ];
    }

    for (const version of [undefined, '1.0']) {
      const kind = version === undefined ? 'REST API' : 'HTTP API with payload 1.0';

      it(`answers each request of a ${kind} by itself under token, method and path`, async () => {
        const key = (event: Request) => [authorization(event), event.httpMethod, event.path];
        assert.deepEqual(await answers(await requests(version), key), [true, false, true, false]);
      });

      it(`allows nothing more on a ${kind} under the token alone`, async () => {
        assert.deepEqual(await answers(await requests(version), (event: Request) => [authorization(event)]), [
          true,
          false,
          false,
          false,
        ]);
      });

      it(`allows nothing more on a ${kind} under token and route`, async () => {
        const key = (event: Request) => [authorization(event), event.httpMethod, event.resource];
        assert.deepEqual(await answers(await requests(version), key), [true, false, false, false]);
      });

      it(`allows nothing by a cached denial on a ${kind}`, async () => {
        const [allowed, denied] = await requests(version);
        assert.ok(allowed && denied);
        assert.deepEqual(await answers([denied, allowed], (event: Request) => [authorization(event)]), [
          false,
          false,
        ]);
      });
    }

    it('allows nothing more to a TOKEN authorizer', async () => {
      const line = await bearer('readers');
      const events = [tokenEvent(line), tokenEvent(line, 'DELETE'), tokenEvent(line, 'GET', '/notes/all')];
      const key = (event: ReturnType<typeof tokenEvent>) => [event.authorizationToken];
      assert.deepEqual(await answers(events, key), [true, false, false]);
    });

    it('allows nothing more where every signed-in caller is allowed', async () => {
      handler = createHandler(environment.authorizer, null);
      const line = await bearer('strangers');
      const events = [tokenEvent(line, 'GET', '/a'), tokenEvent(line, 'GET', '/b')];
      assert.deepEqual(await answers(events, () => []), [true, false]);
    });

    it('allows nothing to a second caller of payload 1.0 where the key lacks the token', async () => {
      const first = requestEvent([await bearer('readers')], { version: '1.0' });
      const event = { ...first, identitySource: 'GET,/notes' };
      assert.deepEqual(await answers([event, event], (one: Request) => [one.httpMethod, one.path]), [
        false,
        false,
      ]);
    });
  });

  describe('with simple responses', () => {
    /** API Gateway's cache: the key is what the identity sources hold. */
    async function ofCache(sources: (routeKey: string) => string[], headers = {}) {
      const token = await bearer('members');
      const cached = createAuthorizerCache(
        (event: ReturnType<typeof simpleEvent>) => handler(event as never),
        ({ identitySource }) => identitySource,
      );
      const answers: unknown[] = [];
      for (const method of ['GET', 'DELETE']) {
        const event = simpleEvent([token], { method, path: '/notes' });
        const identitySource = [token, ...sources(event.routeKey)];
        answers.push(await cached({ ...event, identitySource, headers: { ...event.headers, ...headers } }));
      }
      return answers.map((answer) => (answer as { isAuthorized: boolean }).isAuthorized);
    }

    it('allows no other route by a cached answer', async () => {
      assert.deepEqual(await ofCache((routeKey) => [routeKey]), [true, false]);
    });

    it('allows nothing where the route is not among the identity sources', async () => {
      assert.deepEqual(await ofCache(() => []), [false, false]);
      assert.equal(environment.lines.at(-1)?.reason, 'identity-source-lacks-route');
    });

    it('does not accept a value of the caller as the route', async () => {
      const chosen = { 'x-tenant': 'GET /notes' };
      assert.deepEqual(await ofCache(() => ['GET /notes'], chosen), [false, false]);
    });

    it('does not accept a cookie or one of several parameters of the caller as the route', async () => {
      const route = 'GET /notes';
      for (const chosen of [{ cookies: [route] }, { queryStringParameters: { x: `${route},b` } }]) {
        const event = { ...simpleEvent([await bearer('members')], { path: '/notes' }), ...chosen };
        const identitySource = [event.headers?.authorization, route];
        assert.deepEqual(await handler({ ...event, identitySource } as never), { isAuthorized: false });
        assert.equal(environment.lines.at(-1)?.reason, 'identity-source-lacks-route');
      }
    });

    it('allows nothing where the token is not among the identity sources', async () => {
      for (const authorizer of [handler, createHandler(environment.authorizer, null)]) {
        const event = simpleEvent([await bearer('members')], { path: '/notes' });
        const answer = await authorizer({ ...event, identitySource: ['GET /notes'] } as never);
        assert.deepEqual(answer, { isAuthorized: false });
        assert.equal(environment.lines.at(-1)?.reason, 'identity-source-lacks-token');
      }
    });

    it('needs no identity sources where every signed-in caller is allowed', async () => {
      const event = { ...simpleEvent([await bearer('members')]), identitySource: null };
      const answer = await createHandler(environment.authorizer, null)(event as never);
      assert.equal((answer as { isAuthorized: boolean }).isAuthorized, true);
    });
  });
});
