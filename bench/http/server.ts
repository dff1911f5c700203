import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Places, SERVERS, type ServerName } from './servers.ts';

/** Serves one contender on a port of its own and tells the parent: `node server.ts <name> <places as JSON>`. */
const [, , name = '', places = ''] = process.argv;
const server = createServer(await SERVERS[name as ServerName](JSON.parse(places) as Places));
server.listen(0, '127.0.0.1', () => {
  process.send?.({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/me` });
});

// Asked for its heap, it tidies up first; needs --expose-gc.
process.on('message', () => {
  globalThis.gc?.();
  globalThis.gc?.();
  process.send?.({ heap: process.memoryUsage().heapUsed / 2 ** 20 });
});
process.on('disconnect', () => process.exit());
