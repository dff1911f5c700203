import assert from 'node:assert/strict';
import { FUNCTIONS_URL, HOSTING_URL } from '../helpers/emulator.ts';
import { UNPARSABLE_BODIES } from '../helpers/unparsable-bodies.ts';

describe('bodies that the emulator cannot parse', () => {
  for (const [what, body, headers, status, code] of UNPARSABLE_BODIES) {
    const lines = headers.map(([name, value]): [string, string] => [name, value]);
    it(`answers ${status} to ${what}, through Hosting and from the function, as a problem`, async () => {
      for (const url of [`${HOSTING_URL}/api/v1/claim-owner`, `${FUNCTIONS_URL}/api/v1/claim-owner`]) {
        const answer = await fetch(url, {
          method: 'POST',
          headers: lines,
          body: new Uint8Array(Buffer.from(body)),
        });
        const text = await answer.text();
        assert.equal(answer.status, status, text);
        assert.match(String(answer.headers.get('Content-Type')), /^application\/problem\+json/);
        assert.equal(JSON.parse(text).code, code);
        assert.doesNotMatch(text, /SyntaxError|node_modules/);
      }
    });
  }

  it('answers with a type that leads to the page of the error', async () => {
    const refused = await fetch(`${FUNCTIONS_URL}/api/v1/me`);
    const { type, code } = JSON.parse(await refused.text());
    const page = await fetch(type);
    assert.deepEqual([page.status, JSON.parse(await page.text()).code], [200, code]);
  });

  it('answers to broken JSON and a large body of a callable as JSON', async () => {
    for (const [body, code] of [
      ['{"data":', 'invalid_request'],
      [`{"data":"${'x'.repeat(200_000)}"}`, 'payload_too_large'],
    ] as const) {
      const headers = { 'Content-Type': 'application/json' };
      const answer = await fetch(`${FUNCTIONS_URL}/setUserRoles`, { method: 'POST', headers, body });
      const { error } = JSON.parse(await answer.text());
      assert.deepEqual([error.status, error.details.code], ['INVALID_ARGUMENT', code]);
    }
  });
});
