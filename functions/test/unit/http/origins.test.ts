import assert from 'node:assert/strict';
import { type Api, openApi } from '../../helpers/api.ts';
import { PROJECT } from '../../helpers/google.ts';
import { assertProblem, HTTPS, sendRaw } from '../../helpers/responses.ts';

type Line = readonly [name: string, value: string];

/** An API with these settings, closed after the suite. @returns a function that sends a request from an origin */
function apiWith(env: Record<string, string>) {
  let api: Api;
  before(async () => {
    api = await openApi({ env: { ALLOWED_ORIGINS: '', ...env } });
  });
  after(() => api.close());
  return {
    lines: () => api.lines,
    send: (origin: string, headers: readonly Line[] = [], method = 'POST') =>
      sendRaw(api.port, {
        ...{ method, path: '/v1/claim-owner?secret=1' },
        headers: [HTTPS, ['Origin', origin], ['Content-Length', '0'], ...headers],
      }),
  };
}

/** Past the origin check the request fails for want of a token. */
const PASSED = 401;

const EMULATOR = { FUNCTIONS_EMULATOR: 'true', GCLOUD_PROJECT: 'demo-shop' };

describe('http: origins of app shells', () => {
  const shells = ['capacitor://localhost', 'ionic://localhost', 'http://localhost', 'https://localhost'];
  const { send } = apiWith({ ALLOWED_ORIGINS: shells.join() });

  for (const origin of shells) {
    it(`lets ${origin} call and answers its preflight`, async () => {
      const { status, headers } = await send(origin);
      assert.deepEqual([status, headers['access-control-allow-origin']], [PASSED, origin]);
      const preflight = await send(origin, [['Access-Control-Request-Method', 'POST']], 'OPTIONS');
      assert.deepEqual([preflight.status, preflight.headers['access-control-allow-origin']], [204, origin]);
    });
  }

  for (const origin of ['capacitor://evil', 'capacitor://localhost:1', 'ionic://localhost.evil', 'null']) {
    it(`refuses ${origin}`, async () => assertProblem(await send(origin), 403, 'origin_denied'));
  }
});

describe('http: origins of Hosting', () => {
  const SAME_ORIGIN = ['Sec-Fetch-Site', 'same-origin'] as const;
  const preview = `https://${PROJECT}--pr-42-ab12cd34.web.app`;

  describe('without HOSTING_SITES and PREVIEW_CHANNELS', () => {
    const { send } = apiWith({});
    for (const origin of [preview, 'https://admin.web.app']) {
      it(`refuses ${origin}`, async () =>
        assertProblem(await send(origin, [SAME_ORIGIN]), 403, 'origin_denied'));
    }
  });

  describe('with HOSTING_SITES=admin and PREVIEW_CHANNELS=true', () => {
    const { send } = apiWith({ HOSTING_SITES: 'admin', PREVIEW_CHANNELS: 'true' });

    for (const origin of ['https://admin.web.app', 'https://admin.firebaseapp.com']) {
      it(`lets the further site ${origin} call`, async () =>
        assert.equal((await send(origin, [['Sec-Fetch-Site', 'cross-site']])).status, PASSED));
    }

    for (const origin of [
      preview,
      'https://admin--next-0abcdefg.web.app',
      'https://admin--a-long--channel-9z.web.app',
    ]) {
      it(`lets ${origin} call through its own domain`, async () => {
        const { status, headers } = await send(origin, [SAME_ORIGIN]);
        assert.deepEqual([status, headers['access-control-allow-origin']], [PASSED, origin]);
      });

      // A site of another project, or an App Hosting backend, may have this very name.
      for (const value of ['cross-site', 'same-site', 'none', 'same-origin, cross-site', 'Same-Origin', '']) {
        it(`refuses ${origin} from another domain: "${value}"`, async () =>
          assertProblem(await send(origin, [['Sec-Fetch-Site', value]]), 403, 'origin_denied'));
      }

      it(`refuses ${origin} without Sec-Fetch-Site, and its preflight`, async () => {
        assertProblem(await send(origin), 403, 'origin_denied');
        const headers = [['Access-Control-Request-Method', 'POST']] as const;
        assertProblem(await send(origin, headers, 'OPTIONS'), 403, 'origin_denied');
      });
    }

    for (const origin of [
      ...['https://evil--pr-42-ab12cd34.web.app', 'https://evil-admin--pr-42-ab12cd34.web.app'],
      ...[
        'https://admin-evil.web.app',
        'https://admin-evil--pr-42-ab12cd34.web.app',
        'https://admin--x.web.app',
      ],
      ...['https://admin--pr-42-ab12cd34.web.app.evil.com', 'https://admin--pr-42-ab12cd34.evil.com'],
      ...['https://admin--pr.evil-ab12cd34.web.app', 'http://admin--pr-42-ab12cd34.web.app'],
      ...['https://admin--pr-42-ab12cd34.web.app:8443', 'https://admin--pr-42-ab12cd34.firebaseapp.com'],
      ...['https://admin--PR-42-ab12cd34.web.app', 'https://x.admin--pr-42-ab12cd34.web.app', 'null'],
    ]) {
      it(`refuses ${origin} even as same-origin`, async () =>
        assertProblem(await send(origin, [SAME_ORIGIN]), 403, 'origin_denied'));
    }
  });
});

describe('http: loopback origins', () => {
  const loopback = [
    ...['http://localhost:5002', 'http://localhost:5173', 'http://127.0.0.1:3000', 'http://[::1]:8100'],
    ...['http://localhost', 'https://localhost:4200', 'https://127.0.0.1', 'https://[::1]'],
    ...['http://shop.localhost:5173', 'http://a.b-1.localhost', 'http://tauri.localhost'],
  ];
  const others = [
    ...[
      'http://localhost.evil.com',
      'http://127.0.0.1.evil.com:80',
      'http://evil.com',
      'http://192.168.1.2:5173',
    ],
    ...[
      'http://127.0.0.2',
      'http://localhost:',
      'http://localhost:123456',
      'http://localhost/',
      'ws://localhost',
    ],
    ...[
      'http://evil-localhost',
      'http://.localhost',
      'http://a..localhost',
      'http://shop.localhost.evil.com',
    ],
    ...['http://user@localhost', 'http://LOCALHOST', 'null', 'file://'],
  ];

  describe('in the emulator', () => {
    const { send } = apiWith(EMULATOR);
    for (const origin of loopback) {
      it(`lets ${origin} call`, async () => {
        const { status, headers } = await send(origin);
        assert.deepEqual([status, headers['access-control-allow-origin']], [PASSED, origin]);
      });
    }
    for (const origin of others) {
      it(`refuses ${origin}`, async () => assertProblem(await send(origin), 403, 'origin_denied'));
    }
  });

  describe('in production', () => {
    const { send, lines } = apiWith({});
    for (const origin of loopback) {
      it(`refuses ${origin}, and logs origin, method and path without the query`, async () => {
        assertProblem(await send(origin), 403, 'origin_denied');
        const { requestId, ...line } = lines().at(-1) ?? assert.fail();
        assert.deepEqual(line, {
          ...{ kind: 'transport', granted: false, code: 'origin_denied', status: 403 },
          ...{ origin, method: 'POST', path: '/v1/claim-owner' },
        });
      });
    }
  });
});
