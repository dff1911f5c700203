import { createServer as createHttpServer, type RequestListener } from 'node:http';
import { type AddressInfo, createServer, type Socket } from 'node:net';

/** The first bytes of every HTTP/2 connection (RFC 9113 §3.4). No HTTP/1.1 request starts with them. */
const PREFACE = 'PRI * HTTP/2';

export interface SharedPort {
  readonly port: number;
  close(): Promise<void>;
}

/**
 * Listens on loopback for HTTP/1.1 and HTTP/2 on one port, as Google's emulator does.
 * @throws if the port is taken
 */
export async function listenOnSharedPort(
  port: number,
  onHttp1: RequestListener,
  onHttp2: (socket: Socket) => void,
): Promise<SharedPort> {
  const http = createHttpServer(onHttp1);
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    socket.once('readable', () => {
      const first: Buffer | null = socket.read();
      if (first === null) return;
      socket.unshift(first);
      if (PREFACE.startsWith(first.subarray(0, PREFACE.length).toString('latin1'))) onHttp2(socket);
      else http.emit('connection', socket);
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}
