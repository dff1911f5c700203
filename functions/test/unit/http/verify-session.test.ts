import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { createProtection } from '../../../src/protection.ts';
import { type Api, openApi } from '../../helpers/api.ts';

describe('guard and verifySession', () => {
  let api: Api;
  const protection = () => createProtection(() => api.deps);
  before(async () => {
    api = await openApi({
      serve(deps) {
        const { guard, verifySession } = createProtection(() => deps);
        const hello = guard('users:read', (req, res) => res.end(`Hello ${req.principal?.uid}`));
        return createServer(async (req, res) => {
          if (req.url === '/hello') return hello(req, res);
          res.end((await verifySession(req))?.uid ?? 'anonymous');
        });
      },
    });
  });
  after(() => api.close());
  beforeEach(() => api.lines.splice(0));

  it('guards the handler of a bare function', async () => {
    const { status, text } = await api.as('support').get('/hello');
    assert.deepEqual([status, text], [200, 'Hello support']);
    assert.equal((await api.as().get('/hello')).status, 401);
    assert.equal((await api.as('norole').get('/hello')).status, 403);
    assert.deepEqual(
      api.lines.map(({ kind, status }) => [kind, status]),
      [200, 401, 403].map((status) => ['decision', status]),
    );
  });

  it('verifies the session of a request of Node', async () => {
    assert.equal((await api.as('support').get('/page')).text, 'support');
    assert.equal((await api.as().get('/page')).text, 'anonymous');
    assert.deepEqual(api.lines, []);
  });

  it('verifies the session of headers of the Fetch API, and of a plain object', async () => {
    const authorization = `Bearer ${api.token('support')}`;
    for (const headers of [new Headers({ authorization }), { authorization }]) {
      const principal = await protection().verifySession({ headers });
      assert.deepEqual([principal?.uid, principal?.roles], ['support', ['support']]);
    }
    assert.equal(await protection().verifySession({ headers: new Headers() }), null);
  });

  const refused: Record<string, Headers> = {
    'a forged token': new Headers({ authorization: 'Bearer a.b.c' }),
    'another scheme': new Headers({ authorization: 'Basic YTpi' }),
    'two tokens': new Headers([
      ['authorization', 'Bearer a.b.c'],
      ['authorization', 'Bearer a.b.c'],
    ]),
  };
  for (const [name, headers] of Object.entries(refused)) {
    it(`returns null for ${name}, and writes one line`, async () => {
      assert.equal(await protection().verifySession({ headers }), null);
      assert.deepEqual(
        api.lines.map(({ kind, granted }) => [kind, granted]),
        [['decision', false]],
      );
    });
  }

  it('returns null for a revoked session', async () => {
    const authorization = `Bearer ${api.token('admin')}`;
    await api.deps.users.get('admin');
    const actor = { kind: 'operator', requestId: 'r1' } as const;
    await api.deps.changeAccess(actor, { uid: 'admin', action: 'sessions.revoke' }, () => ({ revoke: true }));
    assert.equal(await protection().verifySession({ headers: { authorization } }), null);
  });

  it('throws when it cannot be told whether the session was revoked', async () => {
    const fail = async () => {
      throw new Error('down');
    };
    const deps = { ...api.deps, accessChanges: { find: fail } };
    const { verifySession } = createProtection(() => deps);
    const authorization = `Bearer ${api.token('auditor')}`;
    await assert.rejects(verifySession({ headers: { authorization } }), /down/);
  });

  it('refuses a rule that could only refuse, when the code is loaded', () => {
    const { requireAccess } = protection();
    // Code without types.
    const misspelt: 'users:read' = JSON.parse('"users:raed"');
    assert.throws(() => requireAccess(misspelt), /There is no permission users:raed/);
    assert.throws(() => requireAccess({ permission: misspelt }), /There is no permission users:raed/);
    assert.throws(() => requireAccess({ permission: 'users:read', own: true }), /needs `resource`/);
  });

  it('refuses a rule that asks for less than it says, when the code is loaded', () => {
    const { requireAccess } = protection();
    const rules: Record<string, RegExp> = {
      '{"permission":"users:read","assurence":"aal2"}': /no field assurence/,
      '{"permission":"users:read","assurance":"AAL2"}': /aal1 or aal2/,
      '{"permission":"users:read","maxAge":"5 min"}': /seconds/,
      '{"signedIn":true,"permission":"users:write"}': /`signedIn` or `permission`/,
    };
    for (const [rule, message] of Object.entries(rules)) {
      assert.throws(() => requireAccess(JSON.parse(rule)), message, rule);
    }
  });
});
