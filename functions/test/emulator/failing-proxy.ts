import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/**
 * - `forward`: the service as it is
 * - `hang`: accepts the connection and never answers
 * - `reset`: cuts every connection
 */
type Mode = 'forward' | 'hang' | 'reset';

export interface FailingProxy {
  readonly host: string;
  become(mode: Mode): void;
  /** Refuses connections from now on. */
  close(): Promise<void>;
}

/** Stands in front of a service and fails as told. @param target its host and port */
export async function openFailingProxy(target: string): Promise<FailingProxy> {
  let mode: Mode = 'forward';
  const sockets = new Set<Socket>();
  const keep = (socket: Socket) => {
    sockets.add(socket);
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
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;

  function cut(): void {
    for (const socket of sockets) socket.destroy();
  }
  return {
    host: `127.0.0.1:${port}`,
    become(next) {
      mode = next;
      cut();
    },
    async close() {
      cut();
      if (server.listening) await new Promise((resolve) => server.close(resolve));
    },
  };
}
