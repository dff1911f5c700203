import type { DocumentData } from '@google-cloud/firestore';
import { loadConfig } from '../../src/config.ts';
import type { Clock } from '../../src/core/clock.ts';
import { toDocument } from '../../src/directory/entry-document.ts';
import type { OpenedFirestore } from '../../src/platform/firestore/firestore.ts';
import { connect, type TestFirestore } from '../helpers/firestore.ts';
import { fetchGoogleAt, mintIdToken, openAppAt, PROJECT } from '../helpers/google.ts';
import { silentLog } from '../helpers/log.ts';
import { openInstance, type TestInstance } from '../helpers/open-instance.ts';
import { ORIGIN } from '../helpers/session-browser.ts';
import { openAuthServer, syncedAccount } from './auth-server.ts';
import { OWNER, TARGET } from './invariants.ts';
import { createScheduler, type Scheduler, scheduleBackoff, startScheduledFirestore } from './scheduler.ts';
import { entryOf } from './seed.ts';
import { readState, type State } from './state.ts';

/** Breaks the Firestore of an instance on purpose, to test that the schedules find the bug. */
export type Fault = (firestore: OpenedFirestore) => OpenedFirestore;

/** A Firestore and a Firebase Auth with a user and an owner. A scheduler orders all calls. */
export interface SessionEnvironment {
  readonly scheduler: Scheduler;
  /** Of all instances. Milliseconds since the epoch; a test may set it. */
  time: number;
  /** Opens an instance that has read nothing yet. */
  instance(fault?: Fault): TestInstance;
  /** An ID token of a sign-in some seconds ago. */
  token(ago?: number, claims?: object): Promise<string>;
  /** Puts everything back to `saved`, or to the two users without a session. */
  reset(saved?: State): Promise<void>;
  save(): Promise<State>;
  close(): Promise<void>;
}

export async function openSessionEnvironment(): Promise<SessionEnvironment> {
  const scheduler = createScheduler();
  const restoreBackoff = scheduleBackoff(scheduler);
  const server = await startScheduledFirestore(scheduler);
  const auth = await openAuthServer({
    beforeCall: (method) => scheduler.stop(method),
    // The SDK sends the time by its own clock. Gatehouse waits until the second after the revocation.
    revokedAt: () => Math.floor(environment.time / 1000) + 1,
  });
  const app = openAppAt(auth.port);
  const fetch = fetchGoogleAt(`http://127.0.0.1:${auth.port}`);
  const reader: TestFirestore = connect(server, 'sessions');
  const { db } = reader;
  const config = loadConfig({ GCLOUD_PROJECT: PROJECT, ALLOWED_ORIGINS: ORIGIN });
  const entries = [entryOf(TARGET, ['member']), entryOf(OWNER, ['owner'])];

  const initial: State = {
    documents: new Map<string, DocumentData>([
      ...entries.map((entry) => [`directory/${entry.uid}`, toDocument(entry)] as const),
      ['system/owners', { uids: [OWNER] }],
    ]),
    accounts: new Map(entries.map((entry) => [entry.uid, syncedAccount(entry)])),
  };

  const environment: SessionEnvironment = {
    scheduler,
    time: Date.now(),
    instance(fault = (firestore) => firestore) {
      const clock: Clock = () => environment.time;
      const firestore = async () => fault(await reader.open());
      return openInstance(config, { app, firestore, clock, fetch, log: silentLog });
    },
    token(ago = 30, claims = {}) {
      const now = Math.floor(environment.time / 1000);
      const times = { auth_time: now - ago, iat: now - 10, exp: now + 3_590 };
      const user = { sub: TARGET, email: `${TARGET}@example.com`, roles: ['member'], rv: 1 };
      return mintIdToken({ ...user, ...times, ...claims });
    },
    async reset(saved = initial) {
      const batch = db.batch();
      const { documents } = await environment.save();
      for (const path of documents.keys()) if (!saved.documents.has(path)) batch.delete(db.doc(path));
      for (const [path, fields] of saved.documents) batch.set(db.doc(path), fields);
      await batch.commit();
      auth.accounts = new Map(saved.accounts);
    },
    save: () => readState(db, auth.accounts),
    async close() {
      restoreBackoff();
      await reader.close();
      await Promise.all([server.stop(), auth.close()]);
    },
  };
  return environment;
}
