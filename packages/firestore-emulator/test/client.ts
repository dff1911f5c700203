import { randomUUID } from 'node:crypto';
import { Firestore } from '@google-cloud/firestore';
import { type Client, credentials, Metadata, type ServiceError } from '@grpc/grpc-js';
import { FirestoreClient } from '../proto.ts';
import { type FirestoreOptions, type FirestoreServer, startFirestore } from '../server.ts';

/** Keeps the SDK from looking for a Google Cloud metadata server. */
process.env.METADATA_SERVER_DETECTION = 'none';

const DEFAULT_DATABASE = '(default)';

export interface TestFirestore {
  readonly server: FirestoreServer;
  /** The real SDK, by default on the default database of a project of its own. */
  connect(projectId?: string, databaseId?: string): Firestore;
  raw(projectId?: string, databaseId?: string): RawClient;
  stop(): Promise<void>;
}

/** Starts a server. `stop` ends it and its clients. */
export async function startTestFirestore(options: FirestoreOptions = {}): Promise<TestFirestore> {
  const server = await startFirestore(options);
  const clients: Firestore[] = [];
  const raws: RawClient[] = [];
  return {
    server,
    connect(projectId = `demo-${randomUUID()}`, databaseId = DEFAULT_DATABASE) {
      const client = new Firestore({
        projectId,
        databaseId,
        host: server.host,
        ssl: false,
        sslCreds: credentials.createInsecure(),
        customHeaders: { Authorization: 'Bearer owner' },
      });
      clients.push(client);
      return client;
    },
    raw(projectId = `demo-${randomUUID()}`, databaseId = DEFAULT_DATABASE) {
      const raw = new RawClient(server.host, projectId, databaseId);
      raws.push(raw);
      return raw;
    },
    async stop() {
      await Promise.all(clients.map((client) => client.terminate()));
      for (const raw of raws) raw.close();
      await server.stop();
    },
  };
}

/** Google's emulator applies firestore.rules to requests without it. */
const asOwner = new Metadata();
asOwner.set('authorization', 'Bearer owner');

// biome-ignore lint/suspicious/noExplicitAny: untyped responses; the assertions check their content
type Message = any;

/** A gRPC client for requests that the SDK cannot send. */
export class RawClient {
  readonly database: string;
  readonly documents: string;
  readonly #client: Client;

  constructor(host: string, projectId: string, databaseId: string) {
    this.database = `projects/${projectId}/databases/${databaseId}`;
    this.documents = `${this.database}/documents`;
    this.#client = new FirestoreClient(host, credentials.createInsecure());
  }

  /** @throws ServiceError with the server's status code */
  call(method: string, request: object): Promise<Message> {
    return new Promise((resolve, reject) => {
      const send = Reflect.get(this.#client, method).bind(this.#client);
      send(request, asOwner, (error: ServiceError | null, response: Message) =>
        error ? reject(error) : resolve(response),
      );
    });
  }

  /** Returns all messages of a server stream. */
  async stream(method: string, request: object): Promise<Message[]> {
    const messages: Message[] = [];
    const call = Reflect.get(this.#client, method).call(this.#client, request, asOwner);
    for await (const message of call) messages.push(message);
    return messages;
  }

  /** Opens a bidirectional stream. */
  open(method: string): Message {
    return Reflect.get(this.#client, method).call(this.#client, asOwner);
  }

  commit(...writes: object[]): Promise<Message> {
    return this.call('Commit', { database: this.database, writes });
  }

  name(path: string): string {
    return `${this.documents}/${path}`;
  }

  close(): void {
    this.#client.close();
  }
}

/** Resolves with the error of a rejected promise. @throws if the promise is fulfilled */
export async function rejectionOf(promise: Promise<unknown>): Promise<{ code: number; message: string }> {
  try {
    await promise;
  } catch (error) {
    return error as { code: number; message: string };
  }
  throw new Error('the call was expected to fail');
}

/** The project id of a client. */
export const projectOf = (client: Firestore): string =>
  (client as unknown as { projectId: string }).projectId;
