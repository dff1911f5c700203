import assert from 'node:assert/strict';
import { structuredLog } from '../../../src/platform/logging/log.ts';
import { type Api, openApi } from '../../helpers/api.ts';
import { logOf } from '../../helpers/capture.ts';
import { mintIdToken } from '../../helpers/google.ts';

describe('http: log injection', () => {
  let api: Api;
  before(async () => {
    api = await openApi({ log: structuredLog });
  });
  after(() => api.close());

  const FORGED = '\r\n{"severity":"EMERGENCY","event":"decision","granted":true}\u001b[2K\u2028';

  it('does not let e-mail, name or subject of a token forge a line', async () => {
    const sub = 'x","severity":"EMERGENCY","granted":"yes';
    api.google.users.set(sub, { localId: sub });
    const token = await mintIdToken({
      sub,
      email: FORGED,
      name: FORGED,
      severity: 'EMERGENCY',
      event: FORGED,
    });
    const { lines } = await logOf(() => api.as().get('/v1/me').set('Authorization', `Bearer ${token}`));
    assert.deepEqual(
      lines.map(({ severity, subject, granted }) => [severity, subject, granted]),
      [['INFO', sub, true]],
    );
  });

  it('does not let the reason of a change forge a line', async () => {
    const { output, lines } = await logOf(() =>
      api
        .as('owner')
        .put('/v1/users/member/roles')
        .send({ grants: [{ role: 'member' }], version: 1, auditReason: `a${FORGED}b` }),
    );
    assert.ok(lines.every(({ severity }) => severity === 'INFO'));
    assert.ok(!output.includes('\u001b') && !output.includes('\r'));
  });

  for (const path of [
    '/v1/users/%0D%0A%7B%22severity%22:%22EMERGENCY%22%7D',
    '/v1/users/%1B%5B31m',
    `/v1/${encodeURIComponent(FORGED)}`,
  ]) {
    it(`does not let the path ${path.slice(0, 40)} forge a line`, async () => {
      const { output, lines } = await logOf(() => api.as('owner').get(path));
      assert.ok(lines.every(({ severity }) => severity === 'INFO'));
      assert.ok(!output.includes('EMERGENCY') && !output.includes('\u001b'));
    });
  }
});
