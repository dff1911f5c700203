import { randomUUID } from 'node:crypto';
import { Agent } from 'node:https';
import { connect, type Socket } from 'node:net';
import { FieldPath, FieldValue, Firestore, Timestamp } from '@google-cloud/firestore';
import { type App, deleteApp, initializeApp } from 'firebase-admin/app';
import type { OpenedFirestore } from '../../src/platform/firestore/firestore.ts';

/** The addresses of an instance's backends, as plain data that can be sent to another process. */
export interface Addresses {
  /** `127.0.0.1:port` of an embedded Firestore. */
  readonly firestore: string;
  /** The project id of the database. */
  readonly database: string;
  /** Port of an AuthServer. */
  readonly auth: number;
  readonly project: string;
}

export interface Backends {
  readonly app: App;
  readonly firestore: () => Promise<OpenedFirestore>;
  readonly db: Firestore;
  close(): Promise<void>;
}

/** Sends every connection of firebase-admin to our server instead of to Google. */
class LoopbackAgent extends Agent {
  readonly #port: number;
  constructor(port: number) {
    super({ keepAlive: true });
    this.#port = port;
  }
  override createConnection(): Socket {
    return connect(this.#port, '127.0.0.1');
  }
}

/** The clients of one instance. `close` them. */
export function connectBackends({ firestore: host, database, auth, project }: Addresses): Backends {
  const credential = { getAccessToken: async () => ({ access_token: 'test', expires_in: 3600 }) };
  const app = initializeApp(
    { projectId: project, credential, httpAgent: new LoopbackAgent(auth) },
    randomUUID(),
  );
  const db = openClient(host, database);
  const opened = { db, FieldPath, FieldValue, Timestamp };
  return {
    app,
    db,
    firestore: async () => opened,
    async close() {
      await db.terminate();
      await deleteApp(app);
    },
  };
}

/** A client of the embedded Firestore. The SDK reads the host from the environment in its constructor. */
function openClient(host: string, projectId: string): Firestore {
  // Keeps the SDK from looking for the credentials of a Google Cloud machine, and from warning that there are none.
  process.env.METADATA_SERVER_DETECTION ??= 'none';
  const { FIRESTORE_EMULATOR_HOST: before } = process.env;
  process.env.FIRESTORE_EMULATOR_HOST = host;
  try {
    return new Firestore({ projectId });
  } finally {
    if (before === undefined) delete process.env.FIRESTORE_EMULATOR_HOST;
    else process.env.FIRESTORE_EMULATOR_HOST = before;
  }
}
