import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { Server, ServerCredentials } from '@grpc/grpc-js';
import { answerHttp } from './http.ts';
import { MAX_REQUEST_BYTES } from './limits.ts';
import { firestoreService } from './proto.ts';
import { createService, type Hooks } from './service.ts';
import { Store } from './store.ts';

export interface FirestoreServer {
  /** `127.0.0.1:port`, for FIRESTORE_EMULATOR_HOST. */
  readonly host: string;
  /** Ends all connections; with a data directory, saves first. */
  stop(): Promise<void>;
}

export interface FirestoreOptions extends Hooks {
  /** 0, which is also the default, takes a free one. */
  port?: number;
  /** Keeps the data between runs here. */
  dataDir?: string;
  /** The path of a firestore.indexes.json: queries that it does not cover are refused as production does. */
  indexes?: string;
}

/** Every HTTP/2 connection starts with these bytes (RFC 9113 §3.4), and no HTTP/1.1 request does. */
const PREFACE = 'PRI * HTTP/2';

/**
 * Starts an embedded Firestore on the loopback interface, gRPC and HTTP/1.1 on one port as Google's emulator has it.
 * @throws if the port is taken, or the saved data or the list of indexes can't be read
 */
export async function startFirestore(options: FirestoreOptions = {}): Promise<FirestoreServer> {
  const store = new Store();
  const grpc = new Server({ 'grpc.max_receive_message_length': MAX_REQUEST_BYTES });
  grpc.addService(firestoreService, createService(store, undefined, options));
  const injector = grpc.createConnectionInjector(ServerCredentials.createInsecure());
  const http = createHttpServer((request, response) => answerHttp(store, request, response));
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    socket.once('readable', () => {
      const first: Buffer | null = socket.read();
      if (first === null) return;
      socket.unshift(first);
      if (PREFACE.startsWith(first.subarray(0, PREFACE.length).toString('latin1')))
        injector.injectConnection(socket);
      else http.emit('connection', socket);
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    host: `127.0.0.1:${port}`,
    stop: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      injector.destroy();
      grpc.forceShutdown();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
