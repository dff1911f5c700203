import assert from 'node:assert/strict';
import { routes } from '../../../src/http/routes.ts';
import { meets, type Need, ROUTE_NEEDS } from '../../expectations/access.ts';
import { assertProblem } from '../../helpers/answers.ts';
import { type Api, openApi, PEOPLE, type Person } from '../../helpers/api.ts';

type Method = 'get' | 'post' | 'put' | 'patch' | 'delete';
type Who = Person | 'anonymous';

/**
 * The status that callers meet who have what the route needs, with an input that is wrong. 400 means "passed the guard",
 * so that nothing is changed; 200 where there is no input. What each route needs: test/expectations/access.ts.
 */
const MATRIX: [method: Method, path: string, body: object | undefined, status: number][] = [
  ['get', '/health', undefined, 200],
  ['get', '/openapi.json', undefined, 200],
  ['get', '/me', undefined, 200],
  ['get', '/me?x=1', undefined, 400],
  ['post', '/me/revoke', { x: 1 }, 400],
  ['get', '/roles', undefined, 200],
  ['get', '/roles?x=1', undefined, 400],
  ['get', '/users', undefined, 200],
  ['get', '/users?role=king', undefined, 400],
  ['get', '/users/member', undefined, 200],
  ['get', '/users/a%2Fb', undefined, 400],
  ['get', '/users/member/roles', undefined, 200],
  ['put', '/users/member/roles', { grants: [{ role: 'king' }] }, 400],
  ['put', '/users/a%2Fb/roles', undefined, 400],
  ['patch', '/users/member', { disabled: 'yes' }, 400],
  ['delete', '/users/member', { x: 1 }, 400],
  ['post', '/users/member/revoke', { x: 1 }, 400],
  ['post', '/users', { issuer: 'https://stranger.example', subject: 'x' }, 400],
  ['put', '/users/member/link', { x: 1 }, 400],
  ['delete', '/users/member/link', undefined, 400],
  ['post', '/token/exchange', { x: 1 }, 400],
  ['get', '/notes', undefined, 200],
  ['get', '/notes?x=1', undefined, 400],
  ['post', '/notes', { x: 1 }, 400],
  ['get', '/notes/a%2Fb', undefined, 400],
  ['patch', '/notes/a%2Fb', { title: 'x' }, 400],
  ['delete', '/notes/a%2Fb', undefined, 400],
  ['post', '/access/reconcile', { x: 1 }, 400],
  ['get', '/audit', undefined, 200],
  ['get', '/audit?at=now', undefined, 400],
];

function expectedStatus(who: Who, need: Need, status: number): number {
  if (who === 'anonymous') return need === 'public' ? status : 401;
  return meets(who, need) ? status : 403;
}

describe('http: who may do what', () => {
  let api: Api;
  before(async () => {
    api = await openApi();
  });
  after(() => api.close());

  for (const [method, path, body, passed] of MATRIX) {
    const route = `${method.toUpperCase()} ${pattern(path)}`;
    const need = ROUTE_NEEDS[route] ?? assert.fail(route);
    for (const who of ['anonymous', ...PEOPLE] as const) {
      const expected = expectedStatus(who, need, passed);
      it(`answers ${method.toUpperCase()} ${path} of ${who} with ${expected}`, async () => {
        const { status } = await send(method, path, body, who);
        assert.equal(status, expected);
      });
    }
  }

  it('has a row for every route', () => {
    const known = new Set(MATRIX.map(([method, path]) => `${method} ${pattern(path)}`));
    assert.deepEqual(new Set(routes.map(({ method, path }) => `${method} ${path}`)), known);
  });

  it('tells somebody without users:read the same about a user who exists and one who does not', async () => {
    const tries: [Method, string, object?][] = [
      ['get', '/users/ID'],
      ['put', '/users/ID/roles', { grants: [], version: 1 }],
      ['patch', '/users/ID', { disabled: true }],
      ['delete', '/users/ID'],
      ['post', '/users/ID/revoke'],
      ['put', '/users/ID/link', { linkedTo: 'admin' }],
      ['put', '/users/admin/link', { linkedTo: 'ID' }],
      ['delete', '/users/ID/link'],
      ['get', '/users/ID/roles'],
      ['get', '/users?email=ID%40example.com'],
    ];
    for (const who of ['anonymous', 'norole', 'member'] as const) {
      for (const [method, path, body] of tries) {
        const [there, missing] = await Promise.all(
          ['owner', 'stranger'].map((uid) => send(method, path.replace('ID', uid), body, who)),
        );
        assert.ok(there !== undefined && missing !== undefined);
        assert.deepEqual(comparable(there), comparable(missing), `${method} ${path} of ${who}`);
        assertProblem(
          there,
          who === 'anonymous' ? 401 : 403,
          who === 'anonymous' ? 'unauthenticated' : 'permission_denied',
        );
      }
    }
  });

  it('asks Firebase Auth nothing about the user whom somebody may not see', async () => {
    await send('get', '/me', undefined, 'member');
    const before = api.google.count('accounts:lookup');
    await send('get', '/users/owner', undefined, 'member');
    assert.equal(api.google.count('accounts:lookup'), before);
  });

  it('names to everybody who is signed in their own access, and no other', async () => {
    for (const who of PEOPLE) {
      const { body } = await send('get', '/me', undefined, who);
      assert.deepEqual([body.uid, body.roles], [who, who === 'norole' ? [] : [who]]);
    }
  });

  function send(method: Method, path: string, body: object | undefined, who: Who) {
    const request = (who === 'anonymous' ? api.as() : api.as(who))[method](`/v1${path}`);
    return body === undefined ? request : request.send(body);
  }
});

function pattern(path: string): string {
  return path
    .replace(/\?.*/, '')
    .replace(/\/users\/[^/]+/, '/users/:uid')
    .replace(/\/notes\/[^/]+/, '/notes/:id');
}

/** An answer without what differs every time. */
function comparable({
  status,
  headers,
  text,
}: {
  status: number;
  headers: Record<string, string>;
  text: string;
}) {
  const id = headers['x-request-id'] ?? '';
  const { 'x-request-id': _id, date: _date, ...rest } = headers;
  return { status, headers: rest, text: text.replaceAll(id, '') };
}
