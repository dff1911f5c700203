import assert from 'node:assert/strict';
import { FUNCTIONS_URL, HOSTING_URL, makeSignedIn } from '../helpers/emulator.ts';

/** In the emulator, every loopback origin may call: the page by another name, and the server of a frontend tool. */
const ALLOWED = [HOSTING_URL, HOSTING_URL.replace('127.0.0.1', 'localhost'), 'http://localhost:5173'];
const OTHERS = [`${HOSTING_URL}.evil.com`, 'http://evil.com', 'http://192.168.1.2:5173', 'null'];

describe('web origins', function () {
  this.timeout(20_000);

  const targets = {
    'the API through Hosting': () => [`${HOSTING_URL}/api/v1/me`, 'GET'] as const,
    'a callable': () => [`${FUNCTIONS_URL}/getMyAccess`, 'POST'] as const,
  };

  for (const [name, target] of Object.entries(targets)) {
    it(`${name} names an allowed origin in its response`, async () => {
      const { idToken } = await makeSignedIn(['member']);
      const [url, method] = target();
      for (const origin of ALLOWED) {
        const response = await fetch(url, {
          method,
          headers: { Origin: origin, Authorization: `Bearer ${idToken}`, 'Content-Type': 'application/json' },
          ...(method === 'POST' && { body: '{"data":{}}' }),
        });
        assert.equal(response.status, 200);
        assert.equal(response.headers.get('Access-Control-Allow-Origin'), origin);
        assert.equal(response.headers.get('Access-Control-Allow-Credentials'), 'true');
        assert.match(response.headers.get('Vary') ?? '', /Origin/);
      }
    });

    it(`${name} answers the preflight of an allowed origin`, async () => {
      const [url, method] = target();
      for (const origin of ALLOWED) {
        const response = await fetch(url, {
          method: 'OPTIONS',
          headers: {
            Origin: origin,
            'Access-Control-Request-Method': method,
            'Access-Control-Request-Headers': 'authorization',
          },
        });
        assert.ok(response.ok);
        assert.equal(response.headers.get('Access-Control-Allow-Origin'), origin);
        assert.match(response.headers.get('Access-Control-Allow-Headers') ?? '', /authorization/i);
      }
    });

    for (const origin of OTHERS) {
      it(`${name} refuses origin ${origin}`, async () => {
        const [url, method] = target();
        const response = await fetch(url, { method, headers: { Origin: origin } });
        assert.equal(response.status, 403);
        // The web SDK reports an answer that it cannot read as `internal`: in the emulator, it can read this one.
        const readable = name === 'a callable' ? origin : null;
        assert.equal(response.headers.get('Access-Control-Allow-Origin'), readable);
        assert.match(await response.text(), /"code":"origin_denied"/);
      });
    }
  }

  for (const origin of OTHERS) {
    it(`the API refuses the preflight of ${origin}`, async () => {
      const [url] = targets['the API through Hosting']();
      const headers = { Origin: origin, 'Access-Control-Request-Method': 'GET' };
      const response = await fetch(url, { method: 'OPTIONS', headers });
      assert.equal(response.status, 403);
      assert.equal(response.headers.get('Access-Control-Allow-Origin'), null);
    });
  }
});
