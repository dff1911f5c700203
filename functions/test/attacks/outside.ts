import diagnostics from 'node:diagnostics_channel';
import type { Agent, ClientRequest } from 'node:http';
import type { Socket } from 'node:net';

/**
 * What this process asks of others, whichever way: by `fetch`, by `node:http`, or by a socket. So the proof that nothing
 * was fetched does not rest on a `fetch` that was handed in.
 */
export interface Outside {
  /** Every request as `origin/path`, every name looked up as `dns:name`; oldest first. */
  readonly seen: string[];
  stop(): void;
}

/** @param own of the tests’ own requests, which do not count */
export function watchOutside(own: Agent): Outside {
  const seen: string[] = [];
  const listeners: Record<string, (message: unknown) => void> = {
    // Node and undici document these shapes; the channels are untyped.
    'undici:request:create': (message) => {
      const { request } = message as { request: { origin: string; path: string } };
      seen.push(`${request.origin}${request.path}`);
    },
    'http.client.request.start': (message) => {
      const { request } = message as { request: ClientRequest & { agent?: Agent } };
      if (request.agent === own) return;
      seen.push(`${request.protocol}//${request.getHeader('host')}${request.path}`);
    },
    'net.client.socket': (message) => {
      const { socket } = message as { socket: Socket };
      socket.once('lookup', (_error, _address, _family, host) => seen.push(`dns:${host}`));
    },
  };
  for (const [channel, listener] of Object.entries(listeners)) diagnostics.subscribe(channel, listener);
  return {
    seen,
    stop() {
      for (const [channel, listener] of Object.entries(listeners)) diagnostics.unsubscribe(channel, listener);
    },
  };
}
