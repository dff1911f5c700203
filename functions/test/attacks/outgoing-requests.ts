import diagnostics from 'node:diagnostics_channel';
import type { Agent, ClientRequest } from 'node:http';
import type { Socket } from 'node:net';

/**
 * Records every network request of this process: by `fetch`, by `node:http`, or by a socket. So a test that nothing was
 * fetched does not depend on the `fetch` that was passed in.
 */
export interface OutgoingRequests {
  /** Each request as `origin/path`, each DNS lookup as `dns:name`; oldest first. */
  readonly urls: string[];
  stop(): void;
}

/** @param ownAgent agent of the test's own requests, which are not recorded */
export function recordOutgoingRequests(ownAgent: Agent): OutgoingRequests {
  const urls: string[] = [];
  const listeners: Record<string, (message: unknown) => void> = {
    // Node and undici document these shapes; the channels are untyped.
    'undici:request:create': (message) => {
      const { request } = message as { request: { origin: string; path: string } };
      urls.push(`${request.origin}${request.path}`);
    },
    'http.client.request.start': (message) => {
      const { request } = message as { request: ClientRequest & { agent?: Agent } };
      if (request.agent === ownAgent) return;
      urls.push(`${request.protocol}//${request.getHeader('host')}${request.path}`);
    },
    'net.client.socket': (message) => {
      const { socket } = message as { socket: Socket };
      socket.once('lookup', (_error, _address, _family, host) => urls.push(`dns:${host}`));
    },
  };
  for (const [channel, listener] of Object.entries(listeners)) diagnostics.subscribe(channel, listener);
  return {
    urls,
    stop() {
      for (const [channel, listener] of Object.entries(listeners)) diagnostics.unsubscribe(channel, listener);
    },
  };
}
