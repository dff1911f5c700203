import assert from 'node:assert/strict';
import type { Api } from '../../helpers/api.ts';
import { assertRefused, call, openCallables } from './call.ts';

const ORIGIN_DENIED = [403, 'PERMISSION_DENIED', 'origin_denied'] as const;
const UNAUTHENTICATED = [401, 'UNAUTHENTICATED', 'unauthenticated'] as const;
const LOOPBACK = ['http://localhost:5173', 'http://127.0.0.1:5002', 'https://[::1]:8443'];
const FOREIGN = ['https://evil.com', 'http://192.168.1.2:5173', 'null'];

describe('callables: origins', () => {
  for (const emulator of [true, false]) {
    describe(emulator ? 'in the emulator' : 'in production', () => {
      let api: Api;
      before(async () => {
        const env = emulator ? { FUNCTIONS_EMULATOR: 'true', GCLOUD_PROJECT: 'demo-shop' } : {};
        api = await openCallables({ env });
      });
      after(() => api.close());

      const send = (origin: string) => call(api, 'getMyAccess', {}, { headers: [['Origin', origin]] });
      const preflight = (origin: string) => {
        const headers = [
          ['Origin', origin],
          ['Access-Control-Request-Method', 'POST'],
        ] as const;
        return call(api, 'getMyAccess', null, { method: 'OPTIONS', headers, body: '', type: '' });
      };
      const takesCookies = ({ headers }: { headers: Record<string, string> }) =>
        headers['access-control-allow-credentials'];
      const allowed = ({ headers }: { headers: Record<string, string> }) =>
        headers['access-control-allow-origin'];

      for (const origin of LOOPBACK) {
        it(`${emulator ? 'lets' : 'does not let'} ${origin} call`, async () => {
          const answer = await send(origin);
          assertRefused(answer, emulator ? UNAUTHENTICATED : ORIGIN_DENIED);
          assert.equal(allowed(answer), emulator ? origin : undefined);
          assert.equal(takesCookies(answer), emulator ? 'true' : undefined);
        });
      }

      for (const origin of FOREIGN) {
        it(`refuses ${origin}, in an answer that its page ${emulator ? 'can' : 'cannot'} read`, async () => {
          const answer = await send(origin);
          assertRefused(answer, ORIGIN_DENIED);
          assert.equal(allowed(answer), emulator ? origin : undefined);
          const before = await preflight(origin);
          assert.deepEqual([before.status, allowed(before)], emulator ? [204, origin] : [403, undefined]);
          assert.deepEqual([takesCookies(answer), takesCookies(before)], [undefined, undefined]);
        });
      }

      it('logs the origin, method and function of a refusal', async () => {
        await send('https://evil.com');
        const { kind, origin, method, path } = api.lines.at(-1) ?? assert.fail();
        assert.deepEqual(
          { kind, origin, method, path },
          { kind: 'transport', origin: 'https://evil.com', method: 'POST', path: '/getMyAccess' },
        );
      });
    });
  }
});
