import assert from 'node:assert/strict';
import * as z from 'zod';
import { createProtection } from '../../../src/protection.ts';
import { type Api, openApi } from '../../helpers/api.ts';
import { frameworkServer } from '../../helpers/framework.ts';
import { call } from './call.ts';

const ORIGIN = 'https://shop.example.net';
const HEADERS = [['Origin', ORIGIN]] as const;

describe('callables of an adopter in shadow mode', () => {
  let api: Api;
  afterEach(() => api.close());

  const open = async (definition: { access: 'users:read' | 'users:write'; allowShadow?: boolean }) => {
    api = await openApi({
      env: { ENFORCEMENT: 'shadow' },
      serve(deps) {
        const { callable } = createProtection(() => deps);
        const run = () => ({ ok: true });
        const output = z.object({ ok: z.boolean() });
        return frameworkServer(callable({ ...definition, input: z.strictObject({}), output, run }));
      },
    });
    api.lines.splice(0);
  };

  it('lets callers and pages of every origin pass, and logs both refusals to come', async () => {
    await open({ access: 'users:read', allowShadow: true });
    const { status, headers } = await call(api, 'show', {}, { headers: HEADERS });
    assert.deepEqual([status, headers['access-control-allow-origin']], [200, ORIGIN]);
    assert.deepEqual(
      api.lines.map(({ kind, granted, enforcement, code }) => [kind, granted, enforcement, code]),
      [
        ['transport', false, 'shadow', 'origin_denied'],
        ['decision', false, 'shadow', 'unauthenticated'],
      ],
    );
    const method = [['Access-Control-Request-Method', 'POST']] as const;
    const preflight = { method: 'OPTIONS', headers: [...HEADERS, ...method], body: '', type: '' };
    const preflighted = await call(api, 'show', null, preflight);
    assert.equal(preflighted.status, 204);
    // The session cookie is for allowed origins only.
    for (const answer of [headers, preflighted.headers])
      assert.equal(answer['access-control-allow-credentials'], undefined);
  });

  it('still checks HTTPS, the protocol and the input', async () => {
    await open({ access: 'users:read', allowShadow: true });
    assert.equal((await call(api, 'show', {}, { headers: HEADERS, https: false })).status, 403);
    assert.equal((await call(api, 'show', {}, { headers: HEADERS, query: 'a=b' })).status, 400);
    assert.equal((await call(api, 'show', { a: 1 }, { headers: HEADERS })).status, 400);
  });

  const enforced = [{ access: 'users:read' }, { access: 'users:write', allowShadow: true }] as const;
  for (const definition of enforced) {
    it(`enforces ${JSON.stringify(definition)}`, async () => {
      await open(definition);
      assert.equal((await call(api, 'show', {}, { headers: HEADERS })).status, 403);
      assert.equal((await call(api, 'show', {})).status, 401);
    });
  }
});
