import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { createProtection } from '../../../src/protection.ts';
import { type Api, openApi } from '../../helpers/api.ts';

describe('requireAccess in shadow mode', () => {
  let api: Api;
  before(async () => {
    api = await openApi({
      env: { ENFORCEMENT: 'shadow' },
      serve(deps) {
        const { guard } = createProtection(() => deps);
        const show = guard('users:read', (req, res) => res.end(req.principal?.kind), { allowShadow: true });
        const enforced = guard('users:read', (_req, res) => res.end());
        const privileged = guard('users:write', (_req, res) => res.end(), { allowShadow: true });
        const handlers: Record<string, typeof show> = { '/show': show, '/privileged': privileged };
        return createServer((req, res) => (handlers[req.url ?? ''] ?? enforced)(req, res));
      },
    });
  });
  after(() => api.close());
  beforeEach(() => api.lines.splice(0));

  it('lets everyone pass an endpoint that allows it, and logs the refusal to come', async () => {
    assert.equal((await api.as('norole').get('/show')).text, 'user');
    const { status, text, headers } = await api.as().get('/show').set('Authorization', 'Bearer a.b.c');
    assert.deepEqual([status, text, headers['www-authenticate']], [200, 'anonymous', undefined]);
    assert.deepEqual(
      api.lines.map(({ granted, enforcement, status, code }) => [granted, enforcement, status, code]),
      [
        [false, 'shadow', 200, 'permission_denied'],
        [false, 'shadow', 200, 'invalid_token'],
      ],
    );
  });

  it('enforces other endpoints, and privileged permissions', async () => {
    assert.equal((await api.as('norole').get('/enforced')).status, 403);
    assert.equal((await api.as('norole').get('/privileged')).status, 403);
  });
});
