import assert from 'node:assert/strict';
import fc from 'fast-check';
import { policyFor, policyForAll } from '../../../src/gateways/policy.ts';
import { createRouteTable, type RouteAccess, type Row } from '../../../src/gateways/route-access.ts';
import { mayInvoke } from '../../helpers/gate.ts';

const API = 'arn:aws:execute-api:us-east-1:123456789012:abcdef123/test';

const NOTES: RouteAccess[] = [
  { method: 'GET', path: '/', access: 'signed-in' },
  { method: 'GET', path: '/notes', access: 'notes:read' },
  { method: 'POST', path: '/notes', access: 'notes:write' },
  { method: 'GET', path: '/notes/{id}', access: 'notes:read' },
  { method: 'GET', path: '/notes/{id}/reports', access: 'notes:moderate' },
  { method: 'GET', path: '/notes/latest', access: 'signed-in' },
  { method: 'GET', path: '/users/{id}', access: 'users:read' },
];

/** The paths, `METHOD /path`, that somebody with these permissions may call by the table’s policy. */
function allowedOf(
  routes: readonly RouteAccess[],
  held: readonly string[],
  asked: readonly string[],
): string[] {
  const { rows } = createRouteTable(routes);
  const policy = policyFor(API, rows, ({ access }) => access === 'signed-in' || held.includes(access));
  return asked.filter((one) => mayInvoke(policy, `${API}/${one.replace(' /', '/')}`));
}

describe('a policy', () => {
  it('allows every route that the caller may call, and no other', () => {
    const asked = ['GET /', 'GET /notes', 'POST /notes', 'GET /notes/1', 'GET /users/1', 'DELETE /notes/1'];
    assert.deepEqual(allowedOf(NOTES, ['notes:read'], asked), ['GET /', 'GET /notes', 'GET /notes/1']);
    assert.deepEqual(allowedOf(NOTES, ['notes:write', 'users:read'], asked), [
      'GET /',
      'POST /notes',
      'GET /users/1',
    ]);
  });

  it('does not allow by the wildcard of one route what lies below it and asks for more', () => {
    const asked = ['GET /notes/1', 'GET /notes/1/reports', 'GET /notes/latest'];
    assert.deepEqual(allowedOf(NOTES, ['notes:read'], asked), ['GET /notes/1', 'GET /notes/latest']);
    assert.deepEqual(allowedOf(NOTES, ['notes:moderate'], asked), [
      'GET /notes/1/reports',
      'GET /notes/latest',
    ]);
    assert.deepEqual(allowedOf(NOTES, ['notes:read', 'notes:moderate'], asked), asked);
  });

  it('does not allow by a wildcard what is spelt out beside it and asks for more', () => {
    const routes: RouteAccess[] = [
      { method: 'GET', path: '/notes/{id}', access: 'notes:read' },
      { method: 'GET', path: '/notes/all', access: 'notes:moderate' },
    ];
    const asked = ['GET /notes/1', 'GET /notes/all'];
    assert.deepEqual(allowedOf(routes, ['notes:read'], asked), ['GET /notes/1']);
    assert.deepEqual(allowedOf(routes, ['notes:moderate'], asked), ['GET /notes/all']);
  });

  it('does not allow a route that the table does not have below one that it has', () => {
    const routes: RouteAccess[] = [{ method: 'GET', path: '/users/{id}', access: 'users:read' }];
    const asked = ['GET /users/1', 'GET /users/1/secrets', 'GET /users/1/secrets/2'];
    assert.deepEqual(allowedOf(routes, ['users:read'], asked), ['GET /users/1']);
  });

  it('allows all below a parameter that takes the rest of the path', () => {
    const routes: RouteAccess[] = [
      { method: 'GET', path: '/files/{path+}', access: 'notes:read' },
      { method: 'GET', path: '/files/secret/{id}', access: 'notes:moderate' },
    ];
    const asked = ['GET /files/a', 'GET /files/a/b/c', 'GET /files/secret/1'];
    assert.deepEqual(allowedOf(routes, ['notes:read'], asked), ['GET /files/a', 'GET /files/a/b/c']);
    assert.deepEqual(allowedOf(routes, ['notes:moderate'], asked), ['GET /files/secret/1']);
  });

  it('has ANY stand for the methods, not for a wildcard that would reach other paths', () => {
    const routes: RouteAccess[] = [{ method: 'ANY', path: '/notes', access: 'notes:read' }];
    const asked = ['GET /notes', 'DELETE /notes', 'GET /users/x/notes', 'GET /x'];
    assert.deepEqual(allowedOf(routes, ['notes:read'], asked), ['GET /notes', 'DELETE /notes']);
    assert.doesNotMatch(JSON.stringify(policyFor(API, createRouteTable(routes).rows, () => true)), /\*/);
  });

  it('denies everything to who may call nothing, rather than say nothing', () => {
    const { rows } = createRouteTable([{ method: 'GET', path: '/notes', access: 'notes:read' }]);
    assert.deepEqual(policyFor(API, rows, () => false).Statement, [
      { Action: 'execute-api:Invoke', Effect: 'Deny', Resource: [`${API}/*`] },
    ]);
  });

  it('without a table allows this stage of this API, nothing beside it', () => {
    const policy = policyForAll(API);
    assert.ok(mayInvoke(policy, `${API}/GET/notes/1`));
    assert.ok(!mayInvoke(policy, `${API}2/GET/notes/1`));
    assert.ok(!mayInvoke(policy, 'arn:aws:execute-api:us-east-1:123456789012:other/test/GET/notes'));
  });

  it('allows a route without the rest of the path that it lies within, and the other way round', () => {
    const routes: RouteAccess[] = [
      { method: 'ANY', path: '/{proxy+}', access: 'notes:read' },
      { method: 'GET', path: '/users/{id}', access: 'users:read' },
    ];
    const asked = ['GET /a', 'PUT /a/b', 'GET /users/1', 'GET /users/1/2'];
    assert.deepEqual(allowedOf(routes, ['users:read'], asked), ['GET /users/1']);
    // API Gateway gives `/users/1/2` to the first; a policy cannot tell it from `/users/1`.
    assert.deepEqual(allowedOf(routes, ['notes:read'], asked), ['GET /a', 'PUT /a/b']);
    assert.deepEqual(allowedOf(routes, ['users:read', 'notes:read'], asked), asked);
  });

  it('takes tables of nested resources as they are usual', () => {
    const nested = ['/a', '/a/{id}', '/a/{id}/b', '/a/{id}/b/{b}', '/a/{id}/b/{b}/c', '/a/{id}/b/{b}/c/{c}'];
    const accesses = ['notes:read', 'notes:write', 'notes:moderate'] as const;
    const routes = nested.map(
      (path, index): RouteAccess => ({
        method: 'GET',
        path,
        access: accesses[index % accesses.length] ?? 'signed-in',
      }),
    );
    const asked = ['GET /a', 'GET /a/1', 'GET /a/1/b', 'GET /a/1/b/2', 'GET /a/1/b/2/c', 'GET /a/1/b/2/c/3'];
    assert.deepEqual(allowedOf(routes, ['notes:read'], asked), ['GET /a', 'GET /a/1/b/2']);
    assert.deepEqual(allowedOf(routes, ['notes:moderate'], asked), ['GET /a/1/b', 'GET /a/1/b/2/c/3']);
    assert.deepEqual(allowedOf(routes, ['notes:read', 'notes:write'], asked), [
      'GET /a',
      'GET /a/1',
      'GET /a/1/b/2',
      'GET /a/1/b/2/c',
    ]);
    assert.deepEqual(allowedOf(routes, [...accesses], asked), asked);
  });

  it('denies more rather than less where a refused route lies between two that are allowed', () => {
    const routes: RouteAccess[] = [
      { method: 'GET', path: '/a/{id}', access: 'notes:read' },
      { method: 'GET', path: '/a/{id}/{part}', access: 'notes:moderate' },
      { method: 'GET', path: '/a/{id}/{part}/log', access: 'audit:read' },
    ];
    const asked = ['GET /a/1', 'GET /a/1/2', 'GET /a/1/2/log'];
    assert.deepEqual(allowedOf(routes, ['notes:read', 'audit:read'], asked), ['GET /a/1']);
  });

  it('allows no refused route with a slash behind it, since API Gateway may take both for one', () => {
    const tables: [RouteAccess[], string[]][] = [
      [
        [
          { method: 'GET', path: '/users', access: 'users:read' },
          { method: 'GET', path: '/users/{id}', access: 'signed-in' },
        ],
        ['GET /users/', 'GET /users//'],
      ],
      [
        [
          { method: 'GET', path: '/users/export', access: 'users:read' },
          { method: 'GET', path: '/users/{id}', access: 'signed-in' },
          { method: 'GET', path: '/users/{id}/notes', access: 'signed-in' },
        ],
        ['GET /users/export/', 'GET /users//export'],
      ],
      [
        [
          { method: 'GET', path: '/{proxy+}', access: 'signed-in' },
          { method: 'GET', path: '/reports', access: 'users:read' },
          { method: 'GET', path: '/admin/{proxy+}', access: 'users:read' },
        ],
        ['GET /reports/', 'GET //reports', 'GET /admin/', 'GET /admin/x/'],
      ],
    ];
    for (const [routes, asked] of tables) assert.deepEqual(allowedOf(routes, [], asked), []);
  });

  it('leaves to who may it a path that ends in a slash', () => {
    const routes: RouteAccess[] = [
      { method: 'GET', path: '/{proxy+}', access: 'signed-in' },
      { method: 'GET', path: '/admin/{proxy+}', access: 'users:read' },
    ];
    assert.deepEqual(allowedOf(routes, [], ['GET /shop/list/']), ['GET /shop/list/']);
  });

  it('allows no other spelling of a refused route, since API Gateway may read it first', () => {
    const routes: RouteAccess[] = [
      { method: 'GET', path: '/notes/{id}', access: 'signed-in' },
      { method: 'GET', path: '/notes/{id}/tags', access: 'signed-in' },
      { method: 'GET', path: '/notes/all-2', access: 'notes:moderate' },
    ];
    const asked = [
      '%61ll-2',
      'al%6C-2',
      'al%6c-2',
      'all%2D2',
      'all%2d2',
      'all-%32',
      '%2561ll-2',
      'x/../all-2',
    ];
    const more = ['./all-2', 'x/%2e%2E/all-2', '..%2Fnotes%2fall-2', 'x/..', 'x/.'];
    const paths = [...asked, ...more].map((path) => `GET /notes/${path}`);
    assert.deepEqual(allowedOf(routes, [], paths), []);
    const others = ['caf%C3%A9', 'a%20b', 'urn%3Aa', 'a%40b.c', '1...2'].map((path) => `GET /notes/${path}`);
    assert.deepEqual(allowedOf(routes, [], others), others);
  });

  it('allows no request that API Gateway gives to a refused route, whatever the table', function () {
    this.timeout(120_000);
    const path = fc
      .array(fc.constantFrom('a', 'b', '{x}', '{y}'), { minLength: 1, maxLength: 4 })
      .chain((segments) => fc.boolean().map((greedy) => `/${segments.join('/')}${greedy ? '/{rest+}' : ''}`));
    const route = fc.record({
      method: fc.constantFrom('GET', 'ANY'),
      path,
      access: fc.constantFrom('notes:read', 'notes:write'),
    });
    const request = fc.array(fc.constantFrom('a', 'b', 'c', '', '%61', '.', '..'), {
      minLength: 1,
      maxLength: 6,
    });
    const tables = fc.uniqueArray(route, {
      minLength: 1,
      maxLength: 7,
      selector: ({ method, path }) => `${method} ${path.replaceAll(/\{\w/g, '{')}`,
    });
    let [allowed, refused] = [0, 0];
    /** Some tables are too tangled; a gate does not start with them. */
    const policyOf = (rows: readonly Row[]) => {
      try {
        return policyFor(API, rows, ({ access }) => access === 'notes:read');
      } catch (error) {
        assert.match(String(error), /ROUTES/);
        refused += 1;
        return policyFor(API, [], () => false);
      }
    };
    fc.assert(
      fc.property(tables, request, (routes, segments) => {
        const { rows } = createRouteTable(routes);
        const policy = policyOf(rows);
        const served = ORDERS.flatMap((order) =>
          READINGS.map((read) => servedBy(rows, read(segments), order)),
        );
        const may = mayInvoke(policy, `${API}/GET/${segments.join('/')}`);
        if (may) allowed += 1;
        const isOurs = served.every((row) => row === undefined || row.access === 'notes:read');
        assert.ok(!may || isOurs, JSON.stringify(policy));
      }),
      { numRuns: 3_000 },
    );
    assert.ok(allowed > 100 && refused < 10, `${allowed} allowed, ${refused} refused`);
  });
});

type Order = (row: Row) => string;

const rank = (segment: string) => (segment === '**' ? 2 : segment === '*' ? 1 : 0);
const fromTheLeft: Order = ({ segments }) => segments.map(rank).join('');
const wholeFirst: Order = (row) => (row.segments.at(-1) === '**' ? '1' : '0') + fromTheLeft(row);

/** The orders in which API Gateway may prefer routes; what it says of them leaves room. */
const ORDERS: Order[] = [fromTheLeft, wholeFirst].flatMap((order) => [
  (row) => order(row) + Number(row.any),
  (row) => Number(row.any) + order(row),
]);

type Reading = (path: readonly string[]) => readonly string[];

/** Ways in which API Gateway may read a path before it looks for a route: nothing says that it reads the ARN's. */
const READINGS: Reading[] = [
  (path) => path,
  (path) => (path.at(-1) === '' ? path.slice(0, -1) : path),
  (path) => path.filter((segment) => segment !== ''),
  (path) => path.map((segment) => decodeURIComponent(segment)),
  (path) => new URL(`http://h/${path.join('/')}`).pathname.slice(1).split('/'),
  (path) => {
    const kept: string[] = [];
    for (const segment of path.filter((one) => one !== '' && one !== '.').map(decodeURIComponent)) {
      if (segment === '..') kept.pop();
      else kept.push(segment);
    }
    return kept;
  },
];

/** The route that API Gateway chooses. */
function servedBy(rows: readonly Row[], path: readonly string[], order: Order): Row | undefined {
  const fits = ({ method, segments }: Row) =>
    method === 'GET' &&
    (segments.at(-1) === '**' ? segments.length <= path.length : segments.length === path.length) &&
    segments.every((segment, index) => (rank(segment) > 0 ? path[index] !== '' : segment === path[index]));
  return rows.filter(fits).sort((one, other) => (order(one) < order(other) ? -1 : 1))[0];
}

describe('the routes of a gate', () => {
  const bad: [string, unknown, RegExp][] = [
    ['no list', {}, /ROUTES/],
    ['an empty list', [], /ROUTES/],
    ['a public route', [{ method: 'GET', path: '/a', access: 'public' }], /0\.access/],
    ['an unknown permission', [{ method: 'GET', path: '/a', access: 'notes:eat' }], /0\.access/],
    ['no access', [{ method: 'GET', path: '/a' }], /0\.access/],
    ['a wildcard', [{ method: 'GET', path: '/a/*', access: 'signed-in' }], /0\.path/],
    ['a question mark', [{ method: 'GET', path: '/a?', access: 'signed-in' }], /0\.path/],
    ['a policy variable', [{ method: 'GET', path: '/$' + '{aws:username}', access: 'signed-in' }], /0\.path/],
    ['a rest in the middle', [{ method: 'GET', path: '/{a+}/b', access: 'signed-in' }], /0\.path/],
    ['no slash', [{ method: 'GET', path: 'a', access: 'signed-in' }], /0\.path/],
    ['a method in small letters', [{ method: 'get', path: '/a', access: 'signed-in' }], /0\.method/],
    ['a field too many', [{ method: 'GET', path: '/a', access: 'signed-in', acess: 'x' }], /acess/],
    [
      'the same route twice',
      [
        { method: 'GET', path: '/a/{id}', access: 'signed-in' },
        { method: 'GET', path: '/a/{name}', access: 'notes:read' },
      ],
      /twice/,
    ],
  ];
  for (const [what, routes, message] of bad) {
    it(`are refused with ${what}`, () => assert.throws(() => createRouteTable(routes), message));
  }

  it('are found by the key of an HTTP API, whatever a parameter is called', () => {
    const table = createRouteTable(NOTES);
    assert.equal(table.byKey('GET /notes/{noteId}')?.access, 'notes:read');
    assert.equal(table.byKey('POST /notes')?.access, 'notes:write');
    for (const key of ['$default', 'ANY /notes', 'DELETE /notes', 'GET /notes/1', '', '__proto__'])
      assert.equal(table.byKey(key), undefined, key);
  });
});
