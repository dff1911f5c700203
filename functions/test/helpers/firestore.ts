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

/** The embedded Firestore, unless Google's is asked for. It refuses what production would refuse for want of an index. */

const INDEXES = fileURLToPath(new URL('../../../firestore.indexes.json', import.meta.url));

// The SDK would look for a Google Cloud machine's credentials, and complain that there are none.
process.env.METADATA_SERVER_DETECTION ??= 'none';

export interface TestFirestore extends OpenedFirestore {
  /** As the application is given it. */
  readonly open: OpenFirestore;
  close(): Promise<void>;
}

let shared: FirestoreServer | undefined;

/** One server for all tests of this process, started when the first asks for it. */
after('stop Firestore', async () => {
  await shared?.stop();
  shared = undefined;
});

/** A database of its own, empty; on Google's emulator where `npm test` has started that. `close` it in `after`. */
export async function openTestFirestore(): Promise<TestFirestore> {
  const { GATEHOUSE_FIRESTORE_HOST: host } = process.env;
  if (host) return connect({ host });
  shared ??= await startTestFirestore({});
  return connect(shared);
}

/**
 * A server of its own, for tests that hold, count or break its calls, or have many changes at once: on Google's emulator
 * each two that meet cost two seconds, and Gatehouse waits for four. `stop` it in `after`.
 */
export function startTestFirestore(
  hooks: Pick<FirestoreOptions, 'beforeCall' | 'afterCall'>,
): Promise<FirestoreServer> {
  return startFirestore({ indexes: INDEXES, ...hooks });
}

/** A client of a database of its own on a server. @param projectId one that exists already, to share it */
export function connect(
  { host }: Pick<FirestoreServer, 'host'>,
  projectId: string = `p-${randomUUID()}`,
): TestFirestore {
  const { FIRESTORE_EMULATOR_HOST: before } = process.env;
  // The SDK reads it when it is constructed, and is then satisfied without credentials.
  process.env.FIRESTORE_EMULATOR_HOST = host;
  const db = new Firestore({ projectId });
  if (before === undefined) delete process.env.FIRESTORE_EMULATOR_HOST;
  else process.env.FIRESTORE_EMULATOR_HOST = before;
  const opened = { db, FieldPath, FieldValue, Timestamp };
  return { ...opened, open: async () => opened, close: () => db.terminate() };
}
