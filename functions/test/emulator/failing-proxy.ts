import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/**
 * - `forward`: passes everything on
 * - `hang`: accepts the connection and never answers
 * - `reset`: closes every connection
 * - `down`: refuses connections
 */
type Mode = 'forward' | 'hang' | 'reset' | 'down';

export interface FailingProxy {
  readonly host: string;
  become(mode: Mode): Promise<void>;
}

/**
 * A proxy in front of a service, with failures on demand. It does not keep the process alive, and is not closed: an SDK
 * retries for minutes after Gatehouse has given up, and needs a working service at last. Let it `forward` in the end.
 *
 * @param target its host and port
 */
export async function openFailingProxy(target: string): Promise<FailingProxy> {
  let mode: Mode = 'forward';
  const sockets = new Set<Socket>();
  const keep = (socket: Socket) => {
    sockets.add(socket.unref());
    socket.once('close', () => sockets.delete(socket));
    // Closed connections are intended; the other end gets the error.
    socket.on('error', () => {});
  };
  const server = createServer((socket) => {
    keep(socket);
    if (mode === 'reset') socket.destroy();
    if (mode !== 'forward') return;
    const { hostname, port } = new URL(`http://${target}`);
    const upstream = connect(Number(port), hostname);
    keep(upstream);
    socket.pipe(upstream).pipe(socket);
  }).unref();
  const listen = (port: number) => new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  await listen(0);
  const { port } = server.address() as AddressInfo;

  return {
    host: `127.0.0.1:${port}`,
    async become(next) {
      mode = next;
      for (const socket of sockets) socket.destroy();
      if (mode === 'down') await new Promise((resolve) => server.close(resolve));
      else if (!server.listening) await listen(port);
    },
  };
}
