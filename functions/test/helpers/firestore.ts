import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { FieldPath, FieldValue, Firestore, Timestamp } from '@google-cloud/firestore';
import { after } from 'mocha';
import {
  type FirestoreOptions,
  type FirestoreServer,
  startFirestore,
} from '../../../packages/firestore-emulator/server.ts';
import type { OpenedFirestore, OpenFirestore } from '../../src/platform/firestore/firestore.ts';

/**
 * The embedded Firestore, or Google's emulator on request. The embedded one rejects queries without an index, as
 * production does.
 */

const INDEXES = fileURLToPath(new URL('../../../firestore.indexes.json', import.meta.url));

// Keeps the SDK from looking for the credentials of a Google Cloud machine, and from warning that there are none.
process.env.METADATA_SERVER_DETECTION ??= 'none';

export interface TestFirestore extends OpenedFirestore {
  /** What the application is given. */
  readonly open: OpenFirestore;
  close(): Promise<void>;
}

let shared: FirestoreServer | undefined;

/** One server for all tests of this process, started on first use. */
after('stop Firestore', async () => {
  await shared?.stop();
  shared = undefined;
});

/** Opens an empty database, on Google's emulator if `npm test` started one. `close` it in `after`. */
export async function openTestFirestore(): Promise<TestFirestore> {
  const { GATEHOUSE_FIRESTORE_HOST: host } = process.env;
  if (host) return connect({ host });
  shared ??= await startTestFirestore({});
  return connect(shared);
}

/**
 * Starts a separate server, for tests that hold, count or break its calls, or that make many changes in parallel:
 * on Google's emulator each conflict costs two seconds, and Gatehouse waits for four. `stop` it in `after`.
 */
export function startTestFirestore(
  hooks: Pick<FirestoreOptions, 'beforeCall' | 'afterCall'>,
): Promise<FirestoreServer> {
  return startFirestore({ indexes: INDEXES, ...hooks });
}

/** Opens a client on a server. @param projectId default: a new one, with an empty database */
export function connect(
  { host }: Pick<FirestoreServer, 'host'>,
  projectId: string = `p-${randomUUID()}`,
): TestFirestore {
  const { FIRESTORE_EMULATOR_HOST: before } = process.env;
  // The SDK reads the variable in its constructor, and then needs no credentials.
  process.env.FIRESTORE_EMULATOR_HOST = host;
  const db = new Firestore({ projectId });
  if (before === undefined) delete process.env.FIRESTORE_EMULATOR_HOST;
  else process.env.FIRESTORE_EMULATOR_HOST = before;
  const opened = { db, FieldPath, FieldValue, Timestamp };
  return { ...opened, open: async () => opened, close: () => db.terminate() };
}
