import assert from 'node:assert/strict';
import { mayCall, OPERATION_NEEDS } from '../../expectations/access.ts';
import { type Api, openApi, PEOPLE, type Person } from '../../helpers/api.ts';
import { routes } from '../../helpers/operations.ts';
import { assertProblem } from '../../helpers/responses.ts';

type Method = 'get' | 'post' | 'put' | 'patch' | 'delete';
type Caller = Person | 'anonymous';

describe('http: access matrix', () => {
  let api: Api;
  before(async () => {
    api = await openApi();
  });
  after(() => api.close());

  for (const { name, method, path } of routes) {
    for (const caller of ['anonymous', ...PEOPLE] as const) {
      // Invalid input is refused after the access rule: 400 means that the caller is allowed, and nothing changes.
      const status = mayCall(name, caller) ? 400 : caller === 'anonymous' ? 401 : 403;
      it(`answers ${method.toUpperCase()} ${path} by ${caller} with ${status}`, async () => {
        const url = path.replaceAll(/:\w+/g, 'a%2Fb');
        const isQuery = method === 'get' || method === 'delete';
        const answer = await send(
          method,
          isQuery ? `${url}?wrong=1` : url,
          isQuery ? undefined : { wrong: 1, version: 1 },
          caller,
        );
        assert.equal(answer.status, status, answer.text);
      });
    }
  }

  // Read operations that need no input.
  for (const { name, method, path, effect, input } of routes) {
    if (effect !== 'read' || !input.safeParse({}).success) continue;
    for (const caller of ['anonymous', ...PEOPLE] as const) {
      // A token belongs to no session.
      const found = name === 'getCurrentSession' ? 404 : 200;
      const status = mayCall(name, caller) ? found : caller === 'anonymous' ? 401 : 403;
      it(`answers ${method.toUpperCase()} ${path} by ${caller} with ${status} if the input is valid`, async () => {
        const answer = await send(method, path, undefined, caller);
        // What an operation without an expectation finds is up to its own tests.
        if (status === 200 && !(name in OPERATION_NEEDS)) assert.ok(![401, 403].includes(answer.status));
        else assert.equal(answer.status, status);
      });
    }
  }

  it('has expectations only for operations that exist', () => {
    const names = routes.map(({ name }) => name);
    assert.deepEqual(
      Object.keys(OPERATION_NEEDS).filter((name) => !names.includes(name)),
      [],
    );
  });

  it('answers the same for existing and missing users without users:read', async () => {
    const requests: [Method, string, object?][] = [
      ['get', '/users/ID'],
      ['put', '/users/ID/roles', { grants: [], version: 1 }],
      ['patch', '/users/ID', { disabled: true }],
      ['delete', '/users/ID'],
      ['post', '/users/ID/revoke'],
      ['get', '/users/ID/roles'],
      ['get', '/users?email=ID%40example.com'],
    ];
    for (const caller of ['anonymous', 'norole', 'member'] as const) {
      for (const [method, path, body] of requests) {
        const [existing, missing] = await Promise.all(
          ['owner', 'stranger'].map((uid) => send(method, path.replace('ID', uid), body, caller)),
        );
        assert.ok(existing !== undefined && missing !== undefined);
        assert.deepEqual(comparable(existing), comparable(missing), `${method} ${path} of ${caller}`);
        assertProblem(
          existing,
          caller === 'anonymous' ? 401 : 403,
          caller === 'anonymous' ? 'unauthenticated' : 'permission_denied',
        );
      }
    }
  });

  it('makes no call to Firebase Auth for a user whom the caller may not read', async () => {
    await send('get', '/me', undefined, 'member');
    const before = api.google.count('accounts:lookup');
    await send('get', '/users/owner', undefined, 'member');
    assert.equal(api.google.count('accounts:lookup'), before);
  });

  it('returns to each signed-in caller their own access', async () => {
    for (const caller of PEOPLE) {
      const { body } = await send('get', '/me', undefined, caller);
      assert.deepEqual([body.uid, body.roles], [caller, caller === 'norole' ? [] : [caller]]);
    }
  });

  function send(method: Method, path: string, body: object | undefined, caller: Caller) {
    const request = (caller === 'anonymous' ? api.as() : api.as(caller))[method](`/v1${path}`);
    return body === undefined ? request : request.send(body);
  }
});

/** An answer without the parts that differ in each response. */
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
