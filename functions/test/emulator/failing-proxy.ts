import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/**
 * - `forward`: the service as it is
 * - `hang`: accepts the connection and never answers
 * - `reset`: cuts every connection
 * - `down`: refuses connections
 */
type Mode = 'forward' | 'hang' | 'reset' | 'down';

export interface FailingProxy {
  readonly host: string;
  become(mode: Mode): Promise<void>;
}

/**
 * Stands in front of a service and fails as told. It keeps no process from ending, and is not closed before: an SDK tries
 * again for minutes what Gatehouse has given up, and has to find it in order some time. Let it `forward` in the end.
 *
 * @param target its host and port
 */
export async function openFailingProxy(target: string): Promise<FailingProxy> {
  let mode: Mode = 'forward';
  const sockets = new Set<Socket>();
  const keep = (socket: Socket) => {
    sockets.add(socket.unref());
    socket.once('close', () => sockets.delete(socket));
    // A cut connection is the point; whoever is at the other end hears of it.
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
