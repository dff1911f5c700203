import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import express from 'express';
import * as z from 'zod';
import type { AccessRule } from '../../../src/authz/access-rule.ts';
import type { Permission } from '../../../src/authz/permissions.ts';
import { createProtection } from '../../../src/protection.ts';
import { type Api, openApi } from '../../helpers/api.ts';
import { captureOutput } from '../../helpers/capture.ts';
import { type FactorHolder, HOLDERS, openHolders, POLICY } from '../../helpers/factor-policy.ts';
import { frameworkServer } from '../../helpers/framework.ts';
import type { TestInstance } from '../../helpers/open-instance.ts';

const KINDS = ['bearer', 'cookie'] as const;
const RULES: Readonly<Record<string, AccessRule | Permission>> = {
  '/signed-in': 'signed-in',
  '/read': 'users:read',
  '/privileged': 'roles:assign',
};

function serve(deps: TestInstance) {
  const { requireAccess, guard, callable, verifySession } = createProtection(() => deps);
  const app = express();
  for (const [path, rule] of Object.entries(RULES)) {
    app.post(`/middleware${path}`, requireAccess(rule), (_req, res) => void res.json({ result: null }));
    app.post(
      `/guard${path}`,
      guard(rule, (_req, res: express.Response) => res.json({ result: null })),
    );
    const own = callable({ access: rule, input: z.strictObject({}), output: null, run: () => undefined });
    app.post(`/callable${path}`, (req, res) => frameworkServer(own).emit('request', req, res));
  }
  app.get('/page', async (req, res) => void res.json(await verifySession(req)));
  return createServer(app);
}

describe('own endpoints: policy about second factors', () => {
  let api: Api;
  const holders = openHolders();
  before(async () => {
    api = await openApi({ product: POLICY, rewire: holders.rewire, serve });
  });
  after(() => api.close());
  beforeEach(() => api.lines.splice(0));

  async function post(path: string, holder: FactorHolder, kind: (typeof KINDS)[number]) {
    const { [kind]: headers } = holders.credentials(holder, api.token(holder.role));
    let answer = {};
    // The SDK writes a line for each call.
    await captureOutput(async () => {
      const { status, text } = await api.as().post(path).set(headers).send({ data: {} });
      const { error, ...problem } = JSON.parse(text);
      answer = { status, ...(error?.details ?? problem) };
    });
    return answer as { status: number; code?: string; stepUp?: object };
  }

  for (const transport of ['middleware', 'guard', 'callable']) {
    for (const path of Object.keys(RULES)) {
      it(`asks holders of the roles for a factor: ${transport}, ${path}`, async () => {
        for (const role of HOLDERS) {
          for (const kind of KINDS) {
            const asked = await post(`/${transport}${path}`, { role, factors: ['passkey'] }, kind);
            assert.deepEqual([asked.status, asked.code], [401, 'step_up_required'], kind);
            const recent = path === '/privileged' && { maxAge: 600 };
            assert.deepEqual(asked.stepUp, { assurance: 'aal2', ...recent, factors: ['passkey'] });
            const proved = { role, factors: ['passkey'], isProved: true } as const;
            assert.equal((await post(`/${transport}${path}`, proved, kind)).status, 200, kind);
          }
        }
      });
    }

    it(`asks other users for no factor: ${transport}`, async () => {
      const member = { role: 'member', factors: ['totp'] } as const;
      for (const kind of KINDS)
        assert.equal((await post(`/${transport}/signed-in`, member, kind)).status, 200, kind);
    });
  }

  it('renders no page for a holder without a proof, and says why in the log', async () => {
    for (const kind of KINDS) {
      const page = async (holder: FactorHolder) => {
        const headers = holders.credentials(holder, api.token(holder.role))[kind];
        return (await api.as().get('/page').set(headers)).body;
      };
      api.lines.splice(0);
      assert.equal(await page({ role: 'owner', factors: ['totp'] }), null);
      assert.deepEqual(
        api.lines.map(({ granted, reason, subject, code }) => [granted, reason, subject, code]),
        [[false, 'step-up-required', 'owner', 'step_up_required']],
      );
      const proved = await page({ role: 'owner', factors: ['totp'], isProved: true });
      assert.deepEqual([proved.uid, proved.assurance.level], ['owner', 'aal2']);
      assert.equal((await page({ role: 'member' })).uid, 'member');
    }
  });
});
