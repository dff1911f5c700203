import { readFileSync } from 'node:fs';
import { Server, ServerCredentials } from '@grpc/grpc-js';
import { readDocuments } from './documents-file.ts';
import { handleHttpRequest } from './http.ts';
import { Persistence } from './persistence.ts';
import { listenOnSharedPort } from './port.ts';
import { firestoreService } from './proto.ts';
import { readIndexes } from './query-index.ts';
import { createService, type Hooks } from './service.ts';
import { Store } from './store.ts';

export interface FirestoreServer {
  /** `127.0.0.1:port`, for FIRESTORE_EMULATOR_HOST. */
  readonly host: string;
  /** Closes all connections, and saves the data if there is a data directory. */
  stop(): Promise<void>;
}

export interface FirestoreOptions extends Hooks {
  /** Default: 0, any free port. */
  port?: number;
  /** The directory in which data is kept between runs. */
  dataDir?: string;
  /** The metadata file of an export of this emulator; its documents are there at the start. */
  seed?: string;
  /** The path of a firestore.indexes.json. Queries that need an index missing there are rejected, as in production. */
  indexes?: string;
}

/**
 * Starts an embedded Firestore on 127.0.0.1.
 * @throws if the port is taken, or the saved data or the index file cannot be read
 */
export async function startFirestore(options: FirestoreOptions = {}): Promise<FirestoreServer> {
  const store = new Store();
  const indexes = options.indexes === undefined ? undefined : readIndexes(options.indexes);
  const persistence = options.dataDir === undefined ? undefined : new Persistence(store, options.dataDir);
  if (options.seed !== undefined) readDocuments(store, readFileSync(options.seed, 'utf8'));
  const grpc = new Server({ 'grpc.max_receive_message_length': -1 });
  grpc.addService(firestoreService, createService(store, indexes, options));
  const injector = grpc.createConnectionInjector(ServerCredentials.createInsecure());
  const shared = await listenOnSharedPort(
    options.port ?? 0,
    (request, response) => handleHttpRequest(store, request, response),
    (socket) => injector.injectConnection(socket),
  );
  return {
    host: `127.0.0.1:${shared.port}`,
    stop: async () => {
      injector.destroy();
      grpc.forceShutdown();
      await shared.close();
      await persistence?.stop();
    },
  };
}
