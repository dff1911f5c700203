import assert from 'node:assert/strict';
import { FUNCTIONS_URL, HOSTING_URL, makeSignedIn } from '../helpers/emulator.ts';

/** The API and the callables allow the origin of their own Hosting site. */
const ALLOWED = HOSTING_URL;
const OTHERS = [
  'http://127.0.0.1:1',
  HOSTING_URL.replace('http', 'https'),
  `${HOSTING_URL}.evil.com`,
  'http://evil.com',
  'null',
];

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
      const response = await fetch(url, {
        method,
        headers: { Origin: ALLOWED, Authorization: `Bearer ${idToken}`, 'Content-Type': 'application/json' },
        ...(method === 'POST' && { body: '{"data":{}}' }),
      });
      assert.equal(response.status, 200);
      assert.equal(response.headers.get('Access-Control-Allow-Origin'), ALLOWED);
      assert.equal(response.headers.get('Access-Control-Allow-Credentials'), null);
      assert.match(response.headers.get('Vary') ?? '', /Origin/);
    });

    it(`${name} answers the preflight of an allowed origin`, async () => {
      const [url, method] = target();
      const response = await fetch(url, {
        method: 'OPTIONS',
        headers: {
          Origin: ALLOWED,
          'Access-Control-Request-Method': method,
          'Access-Control-Request-Headers': 'authorization',
        },
      });
      assert.ok(response.ok);
      assert.equal(response.headers.get('Access-Control-Allow-Origin'), ALLOWED);
      assert.match(response.headers.get('Access-Control-Allow-Headers') ?? '', /authorization/i);
    });

    for (const origin of OTHERS) {
      it(`${name} refuses origin ${origin} and its preflight`, async () => {
        const [url, method] = target();
        const attempts = [
          fetch(url, { method, headers: { Origin: origin } }),
          fetch(url, {
            method: 'OPTIONS',
            headers: { Origin: origin, 'Access-Control-Request-Method': method },
          }),
        ];
        for (const response of await Promise.all(attempts)) {
          assert.equal(response.status, 403);
          assert.equal(response.headers.get('Access-Control-Allow-Origin'), null);
          assert.match(await response.text(), /"code":"origin_denied"/);
        }
      });
    }
  }
});
