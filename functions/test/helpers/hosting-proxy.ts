import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse, request as send } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';

/** What production Hosting does to a request and its answer, and the emulator of Hosting does not. */
export interface HostingProxy {
  /** The address for a browser: `http://127.0.0.1:<port>`, with `tls` `https://…`. */
  readonly origin: string;
  readonly port: number;
  close(): Promise<void>;
}

/** An address of Google's front end, from the block for documentation (RFC 5737). */
export const EDGE_ADDRESS = '192.0.2.1';

interface ProxyOptions {
  /** Of every client. By default, the address that connects: 127.0.0.2 is another client than 127.0.0.1. */
  readonly clientAddress?: string;
  /** For `https://`, in PEM. */
  readonly tls?: { readonly key: string; readonly cert: string };
  /** Answers some requests itself, as Hosting does for its files. @returns false to pass the request on */
  readonly serve?: (incoming: IncomingMessage, outgoing: ServerResponse) => boolean;
}

/**
 * Starts a proxy on loopback in front of the Hosting emulator or of a function.
 *
 * - Of the cookies, only `__session` passes: https://firebase.google.com/docs/hosting/manage-cache#using_cookies
 * - `X-Forwarded-For` ends with the client's address and that of the front end, as a function behind Hosting receives it. What
 *   the client sent stays in front.
 * - `X-Forwarded-Proto` is `https`, `X-Forwarded-Host` the host that the client used.
 * - `Set-Cookie` is dropped unless `Cache-Control` contains `private`.
 *
 * @param target where the requests go, such as `http://127.0.0.1:5002`
 */
export async function openHostingProxy(
  target: string,
  { clientAddress, tls, serve }: ProxyOptions = {},
): Promise<HostingProxy> {
  const { hostname, port: targetPort, host } = new URL(target);
  const forward = (incoming: IncomingMessage, outgoing: ServerResponse) => {
    if (serve?.(incoming, outgoing)) return;
    const { method, url } = incoming;
    const address = clientAddress ?? incoming.socket.remoteAddress ?? '';
    const headers = [...forwardedHeaders(incoming, address), 'Host', host];
    const upstream = send({ host: hostname, port: targetPort, method, path: url, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answeredHeaders(answer));
      answer.pipe(outgoing);
    });
    upstream.on('error', () => (outgoing.headersSent ? outgoing.destroy() : outgoing.writeHead(502).end()));
    outgoing.on('close', () => upstream.destroy());
    incoming.pipe(upstream);
  };
  const server = tls ? createTlsServer(tls, forward) : createServer(forward);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo; // a TCP server's address is an object
  return {
    origin: `http${tls ? 's' : ''}://127.0.0.1:${port}`,
    port,
    async close() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

/** Set by the proxy, or of one connection only (RFC 9110, section 7.6.1). */
const REPLACED = ['host', 'cookie', 'x-forwarded-for', 'x-forwarded-proto', 'x-forwarded-host'];
const OF_CONNECTION = ['connection', 'keep-alive', 'te', 'transfer-encoding', 'upgrade'];

function forwardedHeaders({ rawHeaders, headers }: IncomingMessage, address: string): string[] {
  const sessions = (headers.cookie ?? '').split(/; */).filter((pair) => pair.startsWith('__session='));
  const isChunked = headers['transfer-encoding'] !== undefined;
  return [
    ...without(rawHeaders, [...REPLACED, ...OF_CONNECTION]),
    ...(sessions.length === 0 ? [] : ['Cookie', sessions.join('; ')]),
    ...(isChunked ? ['Transfer-Encoding', 'chunked'] : []),
    ...['X-Forwarded-For', [headers['x-forwarded-for'] ?? [], address, EDGE_ADDRESS].flat().join(', ')],
    ...['X-Forwarded-Proto', 'https'],
    ...['X-Forwarded-Host', headers.host ?? ''],
  ];
}

function answeredHeaders({ rawHeaders, headers }: IncomingMessage): string[] {
  const isPrivate = /\bprivate\b/.test(headers['cache-control'] ?? '');
  return without(rawHeaders, [...OF_CONNECTION, ...(isPrivate ? [] : ['set-cookie'])]);
}

/** `rawHeaders`, names and values in turn, without these names: a header sent twice stays two headers. */
const without = (rawHeaders: readonly string[], names: readonly string[]) =>
  rawHeaders.filter((_, at) => !names.includes((rawHeaders[at - (at % 2)] ?? '').toLowerCase()));
