// Pages of other servers on this machine, such as Vite, in a real browser.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { OTHER_HOST, useUserPages } from './user-pages.ts';

const { CHROME_PATH, GATEHOUSE_HOSTING_URL = '', GATEHOUSE_FUNCTIONS_URL = '' } = process.env;

(CHROME_PATH ? describe : describe.skip)('a page of another server on this machine', function () {
  this.timeout(60_000);
  const open = useUserPages();
  let server: Server;

  before(async () => {
    server = createServer((_req, res) =>
      res.setHeader('Content-Type', 'text/html').end('<title>app</title>'),
    );
    await once(server.listen(0, '127.0.0.1'), 'listening');
  });
  after(() => server.close());

  /** Opens the page at this host and calls the API and a callable, both with a preflight. */
  async function callFrom(host: string) {
    const { context } = await open();
    const page = await context.newPage();
    await page.goto(`http://${host}:${(server.address() as AddressInfo).port}`);
    const send = (url: string, body: object) =>
      page.evaluate<[status: number, answer: { code?: string; error?: { status: string } }] | string>(
        `fetch(${JSON.stringify(url)}, {
          method: 'POST', headers: { 'Content-Type': 'application/json' }, body: '${JSON.stringify(body)}',
        }).then(async (response) => [response.status, await response.json()], String)`,
      );
    return {
      api: await send(`${GATEHOUSE_HOSTING_URL}/api/v1/claim-owner`, {}),
      callable: await send(`${GATEHOUSE_FUNCTIONS_URL}/getMyAccess`, { data: {} }),
    };
  }

  for (const host of ['localhost', '127.0.0.1', 'app.localhost']) {
    it(`calls the API and callables from http://${host} at another port`, async () => {
      const { api, callable } = await callFrom(host);
      assert.deepEqual([api[0], callable[0]], [401, 401]);
    });
  }

  it('can read why a callable refuses another origin', async () => {
    const { api, callable } = await callFrom(OTHER_HOST);
    assert.equal(api, 'TypeError: Failed to fetch');
    assert.ok(typeof callable !== 'string', String(callable));
    assert.deepEqual([callable[0], callable[1].error?.status], [403, 'PERMISSION_DENIED']);
  });
});
