import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SERVERS, type ServerName, type ServerOptions } from './servers.ts';

/** Starts one of the compared servers and sends its URL to the parent: `node server.ts <name> <options as JSON>`. */
const [, , name = '', options = ''] = process.argv;
const server = createServer(await SERVERS[name as ServerName](JSON.parse(options) as ServerOptions));
server.listen(0, '127.0.0.1', () => {
  process.send?.({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/me` });
});

// Collects garbage before it reports the heap size. Needs --expose-gc.
process.on('message', () => {
  globalThis.gc?.();
  globalThis.gc?.();
  process.send?.({ heap: process.memoryUsage().heapUsed / 2 ** 20 });
});
process.on('disconnect', () => process.exit());
