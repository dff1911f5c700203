import assert from 'node:assert/strict';
import { createRouteTable, type RouteAccess } from '../src/route-table.ts';

const NOTES: RouteAccess[] = [
  { method: 'GET', path: '/', access: 'signed-in' },
  { method: 'GET', path: '/notes', access: { permission: 'notes:read' } },
  { method: 'POST', path: '/notes', access: { permission: 'notes:write' } },
  { method: 'ANY', path: '/notes', access: { permission: 'notes:moderate' } },
  { method: 'GET', path: '/notes/{id}', access: { permission: 'notes:read' } },
  { method: 'GET', path: '/notes/all', access: { permission: 'notes:moderate' } },
  { method: 'ANY', path: '/files/{path+}', access: { permission: 'audit:read' } },
];
const permissionIn = (route: RouteAccess | undefined) =>
  typeof route?.access === 'object' ? route.access.permission : route?.access;

describe('route table', () => {
  const table = createRouteTable(NOTES);

  it('finds a route by the template that API Gateway chose, whatever its parameters are called', () => {
    assert.equal(permissionIn(table.byTemplate('GET', '/')), 'signed-in');
    assert.equal(permissionIn(table.byTemplate('GET', '/notes/{noteId}')), 'notes:read');
    assert.equal(permissionIn(table.byTemplate('GET', '/notes/all')), 'notes:moderate');
    assert.equal(permissionIn(table.byTemplate('DELETE', '/files/{proxy+}')), 'audit:read');
  });

  it('has ANY stand for the methods without a row of their own', () => {
    assert.equal(permissionIn(table.byTemplate('POST', '/notes')), 'notes:write');
    assert.equal(permissionIn(table.byTemplate('DELETE', '/notes')), 'notes:moderate');
    assert.equal(permissionIn(table.byPath('DELETE', '/notes')), 'notes:moderate');
  });

  it('finds no template that is not listed', () => {
    for (const template of [
      '/notes/1',
      '/notes/',
      '/notes/{id+}',
      '/files/{path}',
      '$default',
      '',
      undefined,
      7,
    ])
      assert.equal(table.byTemplate('GET', template), undefined, String(template));
    assert.equal(table.byTemplate('DELETE', '/notes/{id}'), undefined);
  });

  it('finds a route by the key of an HTTP API, whatever its parameters are called', () => {
    assert.equal(permissionIn(table.byKey('GET /notes/{noteId}')), 'notes:read');
    assert.equal(permissionIn(table.byKey('POST /notes')), 'notes:write');
    assert.equal(permissionIn(table.byKey('ANY /notes')), 'notes:moderate');
    for (const key of [
      '$default',
      'ANY /notes/{id}',
      'DELETE /notes',
      'GET /notes/1',
      '',
      '__proto__',
      undefined,
    ])
      assert.equal(table.byKey(key), undefined, key);
  });

  it('finds only routes without parameters by the path of a request', () => {
    assert.equal(permissionIn(table.byPath('GET', '/notes/all')), 'notes:moderate');
    for (const path of [
      '/notes/1',
      '/notes/{id}',
      '/notes/',
      '//notes',
      '/%6Eotes',
      '/notes/*',
      '/files/{path+}',
    ])
      assert.equal(table.byPath('GET', path), undefined, path);
  });

  const read = { permission: 'notes:read' };
  const bad: [string, unknown, RegExp][] = [
    ['no list', {}, /is not a list/],
    ['an empty list', [], /is not a list/],
    ['a row that is no object', [null], /routes\[0\]\.method/m],
    ['a public route', [{ method: 'GET', path: '/a', access: 'public' }], /routes\[0\]\.access: /m],
    [
      'an unknown permission',
      [{ method: 'GET', path: '/a', access: { permission: 'notes:eat' } }],
      /routes\[0\]\.access\.permission: /m,
    ],
    [
      'a permission without its object',
      [{ method: 'GET', path: '/a', access: 'notes:read' }],
      /routes\[0\]\.access: /m,
    ],
    [
      'a rule with own',
      [{ method: 'GET', path: '/a', access: { ...read, own: true } }],
      /routes\[0\]\.access\.own: /m,
    ],
    ['no access', [{ method: 'GET', path: '/a' }], /routes\[0\]\.access: /m],
    ['a wildcard', [{ method: 'GET', path: '/a/*', access: 'signed-in' }], /routes\[0\]\.path: /m],
    ['a question mark', [{ method: 'GET', path: '/a?', access: 'signed-in' }], /routes\[0\]\.path: /m],
    [
      'a policy variable',
      [{ method: 'GET', path: '/$' + '{aws:username}', access: 'signed-in' }],
      /routes\[0\]\.path: /m,
    ],
    [
      'a greedy parameter before the end',
      [{ method: 'GET', path: '/{a+}/b', access: 'signed-in' }],
      /routes\[0\]\.path: /m,
    ],
    [
      'a method of $connect',
      [{ method: 'GET', path: '$connect', access: 'signed-in' }],
      /routes\[0\]\.method: is ANY for \$connect/m,
    ],
    [
      'another route of a WebSocket API',
      [{ method: 'ANY', path: '$disconnect', access: 'signed-in' }],
      /routes\[0\]\.path: /m,
    ],
    ['a path without a slash', [{ method: 'GET', path: 'a', access: 'signed-in' }], /routes\[0\]\.path: /m],
    [
      'a method in lower case',
      [{ method: 'get', path: '/a', access: 'signed-in' }],
      /routes\[0\]\.method: /m,
    ],
    [
      'an unknown field',
      [{ method: 'GET', path: '/a', access: 'signed-in', acess: 'x' }],
      /routes\[0\]\.acess: /m,
    ],
    [
      'the same route twice',
      [
        { method: 'GET', path: '/a/{id}', access: 'signed-in' },
        { method: 'GET', path: '/a/{name}', access: read },
      ],
      /routes\[1\]: is the same route as \[0\]$/m,
    ],
  ];
  for (const [what, routes, message] of bad) {
    // Values that the types do not allow.
    it(`is refused with ${what}`, () => assert.throws(() => createRouteTable(routes as never), { message }));
  }
});
