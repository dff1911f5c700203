import assert from 'node:assert/strict';
import { createServer, type IncomingMessage } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { headerLines } from '../../../src/core/request.ts';

/** The request that a real server receives with these header lines. */
async function receive(...lines: string[]): Promise<IncomingMessage> {
  const received = Promise.withResolvers<IncomingMessage>();
  const server = createServer((req, res) => {
    received.resolve(req);
    res.end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  socket.end(['GET / HTTP/1.1', 'Host: x', 'Connection: close', ...lines, '', ''].join('\r\n'));
  const req = await received.promise;
  await new Promise((resolve) => server.close(resolve));
  return req;
}

describe('headerLines', () => {
  it('returns nothing if the header is absent', async () => {
    assert.deepEqual(headerLines(await receive('X-Authorization: a'), 'authorization'), []);
  });

  it('returns all lines in any case, although Node keeps only one', async () => {
    const req = await receive(
      'Authorization: Bearer a',
      'AUTHORIZATION: Bearer b',
      'authorization: Bearer a',
    );
    assert.equal(req.headers.authorization, 'Bearer a');
    assert.deepEqual(headerLines(req, 'authorization'), ['Bearer a', 'Bearer b', 'Bearer a']);
  });

  it('ignores the name in the value of another header', async () => {
    const req = await receive(
      'X-A: authorization',
      'Authorization: Bearer a',
      'X-B: authorization',
      'X-C: c',
    );
    assert.deepEqual(headerLines(req, 'authorization'), ['Bearer a']);
  });
});
