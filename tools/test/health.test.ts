import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Health } from '../lib/health.ts';

describe('waiting for the API to start', () => {
  /** @returns the address of a server, which ends with the test */
  async function serve(listener: RequestListener): Promise<string> {
    const server = createServer(listener).listen(0, '127.0.0.1');
    servers.push(server);
    await once(server, 'listening');
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}/health`; // TCP has a port
  }
  let servers: ReturnType<typeof createServer>[] = [];
  afterEach(() => {
    for (const server of servers) {
      server.closeAllConnections();
      server.close();
    }
    servers = [];
  });

  it('ends with the first 200', async () => {
    let requests = 0;
    const url = await serve((_request, response) => {
      requests += 1;
      response.writeHead(requests < 3 ? 503 : 200).end();
    });
    await new Health().untilGood(url, 'the.log');
    assert.equal(requests, 3);
  });

  it('fails, with the log’s name, as soon as the API reports a wrong configuration', async () => {
    const health = new Health();
    // The emulator behaves like this when the function does not start: the request hangs.
    const url = await serve(() => {
      health.read(
        '⚠  functions: Failed to initialize: Invalid configuration: trustedIssuers[0].region: is missing',
      );
      health.read('⚠  Your function was killed because it raised an unhandled error.');
    });
    await assert.rejects(health.untilGood(url, 'the.log'), {
      message: 'the configuration of the API is invalid; see the.log',
    });
  });

  it('goes on when another function was killed', async () => {
    const health = new Health();
    const url = await serve((_request, response) => {
      health.read('⚠  Your function was killed because it raised an unhandled error.');
      response.end();
    });
    await health.untilGood(url, 'the.log');
  });
});
