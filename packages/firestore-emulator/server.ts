import { Server, ServerCredentials } from '@grpc/grpc-js';
import { answerHttp } from './http.ts';
import { Persistence } from './persistence.ts';
import { sharePort } from './port.ts';
import { firestoreService } from './proto.ts';
import { readIndexes } from './query-index.ts';
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

/**
 * Starts an embedded Firestore on 127.0.0.1.
 * @throws if the port is taken, or the saved data or the list of indexes can't be read
 */
export async function startFirestore(options: FirestoreOptions = {}): Promise<FirestoreServer> {
  const store = new Store();
  const indexes = options.indexes === undefined ? undefined : readIndexes(options.indexes);
  const persistence = options.dataDir === undefined ? undefined : new Persistence(store, options.dataDir);
  const grpc = new Server({ 'grpc.max_receive_message_length': -1 });
  grpc.addService(firestoreService, createService(store, indexes, options));
  const injector = grpc.createConnectionInjector(ServerCredentials.createInsecure());
  const shared = await sharePort(
    options.port ?? 0,
    (request, response) => answerHttp(store, request, response),
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
