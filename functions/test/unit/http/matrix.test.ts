import assert from 'node:assert/strict';
import { routes } from '../../../src/http/routes.ts';
import { assertProblem } from '../../helpers/answers.ts';
import { type Api, openApi, PEOPLE, type Person } from '../../helpers/api.ts';

type Method = 'get' | 'post' | 'put' | 'patch' | 'delete';
type Who = Person | 'anonymous';

const WRITERS = ['member', 'support', 'admin', 'owner'] as const;

/**
 * Who may do what, written down by hand and not read off the code: the status that each caller meets with
 * an input that is wrong. 400 means "passed the guard", so that nothing is changed; 200 where there is no input.
 */
const MATRIX: [method: Method, path: string, body: object | undefined, expected: Record<Who, number>][] = [
  ['get', '/health', undefined, open(200)],
  ['get', '/openapi.json', undefined, open(200)],
  ['get', '/me', undefined, signedIn(200)],
  ['get', '/me?x=1', undefined, signedIn(400)],
  ['post', '/me/revoke', { x: 1 }, signedIn(400)],
  ['get', '/roles', undefined, only(200, 'auditor', 'admin', 'owner')],
  ['get', '/roles?x=1', undefined, only(400, 'auditor', 'admin', 'owner')],
  ['get', '/users', undefined, only(200, 'support', 'auditor', 'admin', 'owner')],
  ['get', '/users?role=king', undefined, only(400, 'support', 'auditor', 'admin', 'owner')],
  ['get', '/users/member', undefined, only(200, 'support', 'auditor', 'admin', 'owner')],
  ['get', '/users/a%2Fb', undefined, only(400, 'support', 'auditor', 'admin', 'owner')],
  ['get', '/users/member/roles', undefined, only(200, 'support', 'auditor', 'admin', 'owner')],
  ['put', '/users/member/roles', { grants: [{ role: 'king' }] }, only(400, 'admin', 'owner')],
  ['put', '/users/a%2Fb/roles', undefined, only(400, 'admin', 'owner')],
  ['patch', '/users/member', { disabled: 'yes' }, only(400, 'admin', 'owner')],
  ['delete', '/users/member', { x: 1 }, only(400, 'admin', 'owner')],
  ['post', '/users/member/revoke', { x: 1 }, only(400, 'support', 'admin', 'owner')],
  ['post', '/users', { issuer: 'https://stranger.example', subject: 'x' }, only(400, 'admin', 'owner')],
  ['post', '/token/exchange', { x: 1 }, open(400)],
  ['get', '/notes', undefined, only(200, ...WRITERS)],
  ['get', '/notes?x=1', undefined, only(400, ...WRITERS)],
  ['post', '/notes', { x: 1 }, only(400, ...WRITERS)],
  ['get', '/notes/a%2Fb', undefined, only(400, ...WRITERS)],
  ['patch', '/notes/a%2Fb', { title: 'x' }, only(400, ...WRITERS)],
  ['delete', '/notes/a%2Fb', undefined, only(400, ...WRITERS)],
  ['post', '/access/reconcile', { x: 1 }, only(400, 'owner')],
  ['get', '/audit', undefined, only(200, 'auditor', 'admin', 'owner')],
  ['get', '/audit?at=now', undefined, only(400, 'auditor', 'admin', 'owner')],
];

function everybody(status: number): Record<Who, number> {
  return {
    anonymous: status,
    norole: status,
    member: status,
    support: status,
    auditor: status,
    admin: status,
    owner: status,
  };
}
function open(status: number) {
  return everybody(status);
}
function signedIn(status: number) {
  return { ...everybody(status), anonymous: 401 };
}
function only(status: number, ...people: Person[]) {
  const passed = Object.fromEntries(people.map((who) => [who, status]));
  return { ...everybody(403), anonymous: 401, ...passed };
}

describe('http: who may do what', () => {
  let api: Api;
  before(async () => {
    api = await openApi();
  });
  after(() => api.close());

  for (const [method, path, body, expected] of MATRIX) {
    for (const who of ['anonymous', ...PEOPLE] as const) {
      it(`answers ${method.toUpperCase()} ${path} of ${who} with ${expected[who]}`, async () => {
        const { status } = await send(method, path, body, who);
        assert.equal(status, expected[who]);
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
