import { fork } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import type { OpenFirestore } from '../../functions/src/platform/firestore/firestore.ts';

/** A received call. @property at milliseconds since the start of the Firestore process */
export interface FirestoreCall {
  readonly method: string;
  readonly at: number;
}

export interface FirestoreProcess {
  /** `127.0.0.1:port` */
  readonly host: string;
  /** All calls since the start. */
  calls(): Promise<readonly FirestoreCall[]>;
  stop(): void;
}

/** Starts an embedded Firestore in a separate process. @param execArgv Node.js options, e.g. a module to preload */
export async function startFirestoreProcess({
  execArgv = [],
  env = {},
}: {
  readonly execArgv?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
} = {}): Promise<FirestoreProcess> {
  const server = fork(new URL('firestore-server.ts', import.meta.url), {
    execArgv: [...execArgv],
    env: { ...process.env, ...env },
  });
  const [{ host }] = (await once(server, 'message')) as [{ host: string }];
  return {
    host,
    async calls() {
      const answered = once(server, 'message');
      server.send('calls');
      const [{ calls }] = (await answered) as [{ calls: FirestoreCall[] }];
      return calls;
    },
    stop: () => {
      server.kill();
    },
  };
}

/** Opens a Firestore client lazily, with the functions' own copy of the SDK. */
export function openFirestoreAt(host: string): OpenFirestore {
  let opened: ReturnType<OpenFirestore> | undefined;
  return () => {
    opened ??= open(host);
    return opened;
  };
}

async function open(host: string) {
  // Keeps the SDK from looking for a Google Cloud metadata server.
  process.env.METADATA_SERVER_DETECTION ??= 'none';
  // The client reads its host when it is constructed.
  process.env.FIRESTORE_EMULATOR_HOST = host;
  const { FieldPath, FieldValue, Firestore, Timestamp }: typeof import('@google-cloud/firestore') =
    createRequire(new URL('../../functions/package.json', import.meta.url))('@google-cloud/firestore');
  const db = new Firestore({ projectId: 'bench' });
  delete process.env.FIRESTORE_EMULATOR_HOST;
  return { db, FieldPath, FieldValue, Timestamp };
}
