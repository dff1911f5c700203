import assert from 'node:assert/strict';
import { mayCall, OPERATION_NEEDS } from '../../expectations/access.ts';
import { type Api, openApi, PEOPLE, type Person } from '../../helpers/api.ts';
import { routes } from '../../helpers/operations.ts';
import { assertProblem } from '../../helpers/responses.ts';

type Method = 'get' | 'post' | 'put' | 'patch' | 'delete';
type Who = Person | 'anonymous';

describe('http: who may do what', () => {
  let api: Api;
  before(async () => {
    api = await openApi();
  });
  after(() => api.close());

  for (const { name, method, path } of routes) {
    for (const who of ['anonymous', ...PEOPLE] as const) {
      // A wrong input is refused after the access rule: 400 means "may call", and nothing is changed.
      const status = mayCall(name, who) ? 400 : who === 'anonymous' ? 401 : 403;
      it(`answers ${method.toUpperCase()} ${path} of ${who} with ${status}`, async () => {
        const url = path.replaceAll(/:\w+/g, 'a%2Fb');
        const isQuery = method === 'get' || method === 'delete';
        const answer = await send(
          method,
          isQuery ? `${url}?wrong=1` : url,
          isQuery ? undefined : { wrong: 1 },
          who,
        );
        assert.equal(answer.status, status, answer.text);
      });
    }
  }

  // Those that only read, and need no input.
  for (const { name, method, path, effect } of routes) {
    if (effect !== 'read' || path.includes(':')) continue;
    for (const who of ['anonymous', ...PEOPLE] as const) {
      const status = mayCall(name, who) ? 200 : who === 'anonymous' ? 401 : 403;
      it(`answers ${method.toUpperCase()} ${path} of ${who} with ${status} where the input is right`, async () => {
        assert.equal((await send(method, path, undefined, who)).status, status);
      });
    }
  }

  it('has an expectation for no operation that does not exist', () => {
    const names = routes.map(({ name }) => name);
    assert.deepEqual(
      Object.keys(OPERATION_NEEDS).filter((name) => !names.includes(name)),
      [],
    );
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
