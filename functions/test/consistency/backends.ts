import { randomUUID } from 'node:crypto';
import { Agent } from 'node:https';
import { connect, type Socket } from 'node:net';
import { FieldPath, FieldValue, Firestore, Timestamp } from '@google-cloud/firestore';
import { type App, deleteApp, initializeApp } from 'firebase-admin/app';
import type { OpenedFirestore } from '../../src/platform/firestore/firestore.ts';

/** What an instance reaches outside, as addresses: they can be told to another process. */
export interface Addresses {
  /** `127.0.0.1:port` of an embedded Firestore. */
  readonly firestore: string;
  /** The project whose database it is. */
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

/** Takes every connection of firebase-admin to our own server, whatever host of Google's it was meant for. */
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

/** Clients of one instance's own. `close` them. */
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

/** A client of the embedded Firestore. The SDK reads its host when it is constructed. */
function openClient(host: string, projectId: string): Firestore {
  // The SDK would look for a Google Cloud machine's credentials, and complain that there are none.
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
