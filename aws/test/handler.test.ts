import assert from 'node:assert/strict';
import type { APIGatewayAuthorizerResult } from 'aws-lambda';
import { authorizerOf } from '../../../src/gateways/authorizer.ts';
import type { RouteAccess } from '../../../src/gateways/route-access.ts';
import { type GateWorld, mayInvoke, openGateWorld } from '../../helpers/gate.ts';
import { requestEvent, simpleEvent, tokenEvent } from '../../lambda/events.ts';

const ROUTES: RouteAccess[] = [
  { method: 'GET', path: '/notes', access: 'notes:read' },
  { method: 'DELETE', path: '/notes', access: 'notes:moderate' },
  { method: 'GET', path: '/notes/{id}', access: 'notes:read' },
  { method: 'GET', path: '/notes/all', access: 'notes:moderate' },
  { method: 'GET', path: '/notes/{id}/tags', access: 'notes:read' },
  { method: 'GET', path: '/notes/{id}/tags/{tag}', access: 'audit:read' },
  { method: 'GET', path: '/notes/{id}/tags/{tag}/log', access: 'notes:read' },
];

describe('the authorizer', () => {
  let world: GateWorld;

  beforeEach(async () => {
    world = await openGateWorld();
  });

  afterEach(() => world.close());

  const bearer = async (...groups: string[]) => `Bearer ${await world.token(groups)}`;

  /** What its policy says of what was asked, and what its log says. */
  async function ask(path: string, routes: readonly RouteAccess[] = ROUTES) {
    const event = tokenEvent(await bearer('readers'), 'GET', path);
    // A TOKEN event is answered with a policy.
    const answer = (await authorizerOf(world.gate, { routes })(event as never)) as APIGatewayAuthorizerResult;
    const { granted, reason } = world.lines.at(-1) ?? {};
    return { may: mayInvoke(answer.policyDocument, event.methodArn), granted, reason };
  }

  it('answers and logs the same for whatever is asked', async () => {
    const paths = [
      '',
      '/',
      '/notes',
      '/notes/',
      '/notes/1',
      '/notes/1/',
      '/notes/all',
      '/notes/all/',
      '/notes//',
    ];
    const deeper = [
      '/notes/1/tags',
      '/notes/1/tags/',
      '/notes/1/tags/2',
      '/notes/1/tags/2/log',
      '/notes/1/x',
    ];
    const odd = [
      '/notes/%61ll',
      '/notes/*',
      '/notes/*/x',
      '/notes/?/x',
      '/notes/./tags',
      '/notes/$' + '{a}/x',
    ];
    const long = ['/notes/1/'.padEnd(900, 'x'), '/notes/é/x', '/notes/1/\nx', '/no/where'];
    for (const path of [...paths, ...deeper, ...odd, ...long]) {
      const { may, granted } = await ask(path);
      assert.equal(granted, may, path);
    }
  });

  it('denies a request that no route serves, though a wildcard covers it', async () => {
    const refused = { may: false, granted: false, reason: 'not-in-routes' };
    assert.deepEqual(await ask('/notes/1/secret'), refused);
    assert.deepEqual(await ask('/notes/*/secret'), refused);
    assert.deepEqual(await ask('/notes/1/$' + '{a}'), refused);
    assert.deepEqual(await ask('/notes/1/'.padEnd(900, 'x')), refused);
    assert.deepEqual(await ask('/notes/1'), { may: true, granted: true, reason: 'granted' });
  });

  it('denies of an HTTP API’s $default stage, too, the stray request alone', async () => {
    const stage = 'arn:aws:execute-api:us-east-1:123456789012:abcdef123/$default';
    const authorizer = authorizerOf(world.gate, { routes: ROUTES });
    const lines = [await bearer('readers')];
    const afterAsking = async (path: string) => {
      const event = { ...requestEvent(lines, { path, version: '1.0' }), methodArn: `${stage}/GET${path}` };
      // Payload 1.0 is answered with a policy.
      const { policyDocument } = (await authorizer(event as never)) as APIGatewayAuthorizerResult;
      const may = (one: string) => mayInvoke(policyDocument, `${stage}/GET${one}`);
      return [may(path), may('/notes'), may('/notes/1')];
    };
    assert.deepEqual(await afterAsking('/notes/1/secret'), [false, true, true]);
    for (const path of ['/notes/*/secret', '/notes/1/?', '/notes/1/$' + '{a}'])
      assert.deepEqual(await afterAsking(path), [false, false, false], path);
  });

  it('says so in the log where a policy has to deny more than it should', async () => {
    assert.deepEqual(await ask('/notes/1/tags/2/log'), {
      may: false,
      granted: false,
      reason: 'covered-by-a-denial',
    });
  });

  it('takes what is spelt out before what takes the rest of a path', async () => {
    const routes: RouteAccess[] = [
      { method: 'GET', path: '/{proxy+}', access: 'signed-in' },
      { method: 'GET', path: '/admin/{proxy+}', access: 'users:read' },
    ];
    assert.deepEqual(await ask('/admin/x', routes), {
      may: false,
      granted: false,
      reason: 'missing-permission',
    });
  });

  describe('asked for a simple answer', () => {
    /** Plays API Gateway's cache: the key is what the identity sources hold. */
    async function ofCache(sources: (routeKey: string) => string[], headers = {}) {
      const authorizer = authorizerOf(world.gate, { routes: ROUTES });
      const token = await bearer('members');
      const cache = new Map<string, unknown>();
      const answers: unknown[] = [];
      for (const method of ['GET', 'DELETE']) {
        const event = simpleEvent([token], { method, path: '/notes' });
        const identitySource = [token, ...sources(event.routeKey)];
        const key = identitySource.join();
        const asked = { ...event, identitySource, headers: { ...event.headers, ...headers } };
        if (!cache.has(key)) cache.set(key, await authorizer(asked as never));
        answers.push(cache.get(key));
      }
      return answers.map((answer) => (answer as { isAuthorized: boolean }).isAuthorized);
    }

    it('opens no other route by what is kept', async () => {
      assert.deepEqual(await ofCache((routeKey) => [routeKey]), [true, false]);
    });

    it('authorises nothing where the route is none of the identity sources', async () => {
      assert.deepEqual(await ofCache(() => []), [false, false]);
      assert.equal(world.lines.at(-1)?.reason, 'identity-source-lacks-route');
    });

    it('takes for the route nothing that the caller can write', async () => {
      const chosen = { 'x-tenant': 'GET /notes' };
      assert.deepEqual(await ofCache(() => ['GET /notes'], chosen), [false, false]);
    });

    it('does not look at them without routes, since then every route is the same', async () => {
      const event = { ...simpleEvent([await bearer('members')]), identitySource: null };
      const answer = await authorizerOf(world.gate, {})(event as never);
      assert.equal((answer as { isAuthorized: boolean }).isAuthorized, true);
    });
  });

  describe('with many routes', () => {
    const crud = (count: number): RouteAccess[] =>
      Array.from({ length: count }, (_, index): RouteAccess[] => [
        { method: 'GET', path: `/thing${index}`, access: 'notes:read' },
        { method: 'POST', path: `/thing${index}`, access: 'notes:write' },
        { method: 'GET', path: `/thing${index}/{id}`, access: 'notes:read' },
        { method: 'PUT', path: `/thing${index}/{id}`, access: 'notes:write' },
        { method: 'DELETE', path: `/thing${index}/{id}`, access: 'notes:moderate' },
      ]).flat();

    it('starts with as many as a table may have', () => {
      assert.doesNotThrow(() => authorizerOf(world.gate, { routes: crud(40) }));
    });

    it('does not start with routes whose policy would grow beyond its bounds', () => {
      const tangled = Array.from({ length: 6 }, (_, row): RouteAccess => {
        const path = Array.from({ length: 9 }, (_, at) => `/{p${at}}/s${(row + at) % 6}`).join('');
        return { method: 'GET', path, access: row % 2 === 0 ? 'notes:read' : 'notes:moderate' };
      });
      const routes = [
        ...tangled,
        { method: 'GET', path: '/{a}/{b}/{c}/{d}/{e}/{f}/{g}/{h}/{i}', access: 'signed-in' } as const,
      ];
      assert.throws(() => authorizerOf(world.gate, { routes }), /ROUTES: .*policy/);
    });

    describe('that tangle only for who may call the first half and not the last', () => {
      type Accesses = readonly RouteAccess['access'][];
      const parameters = (count: number) =>
        Array.from({ length: count }, (_, index) => `/{p${index}}`).join('');
      const half = (accesses: Accesses, pathAt: (index: number) => string) =>
        Array.from({ length: 38 }, (_, index): RouteAccess => {
          const access = accesses[index % accesses.length] ?? 'signed-in';
          return { method: 'GET', path: pathAt(index), access };
        });
      const tangle = (first: Accesses, last: Accesses, between: readonly RouteAccess[] = []) => [
        ...half(first, (index) => `${parameters(4)}/a${index}`),
        ...between,
        ...half(last, (index) => `/b${index}${parameters(6)}`),
      ];
      const audit: RouteAccess = { method: 'GET', path: '/audit', access: 'audit:read' };

      for (const [who, routes] of [
        ['is merely signed in', tangle(['signed-in'], ['users:read'], [audit])],
        [
          'has one permission alone',
          tangle(['notes:read'], ['users:read', 'audit:read', 'roles:read', 'notes:moderate']),
        ],
        [
          'has all permissions but one',
          tangle(['notes:read', 'notes:write', 'notes:moderate', 'roles:read'], ['users:read']),
        ],
      ] as const) {
        it(`does not start when that is who ${who}`, () => {
          assert.throws(() => authorizerOf(world.gate, { routes }), /ROUTES: too tangled/);
        });
      }

      it('starts when that is who is not signed in, or has what only the directory can give', () => {
        for (const routes of [tangle(['users:read'], ['signed-in']), tangle(['users:write'], ['users:read'])])
          assert.doesNotThrow(() => authorizerOf(world.gate, { routes }));
      });
    });

    it('does not start with a path that is longer than a policy may name', () => {
      const routes = [{ method: 'GET', path: `/${'x'.repeat(500)}`, access: 'signed-in' }] as const;
      assert.throws(() => authorizerOf(world.gate, { routes }), /ROUTES: .*512/);
    });
  });
});
