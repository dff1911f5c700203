import { getAuth } from 'firebase-admin/auth';
import { loadConfig } from '../../src/config.ts';
import { type Clock, systemClock } from '../../src/core/clock.ts';
import type { Log } from '../../src/platform/logging/log.ts';
import { openInstance as open, type TestInstance } from '../helpers/open-instance.ts';
import { type Addresses, connectBackends } from './backends.ts';

export interface OwnInstance extends TestInstance {
  /** Loads and connects what the first calls would, without a deadline: a new process on a busy machine takes seconds. */
  warmUp(): Promise<void>;
  close(): Promise<void>;
}

/** An instance wired as in production, with clients of its own. `close` it. */
export function openInstance(addresses: Addresses, clock: Clock = systemClock): OwnInstance {
  const { app, db, firestore, close } = connectBackends(addresses);
  const config = loadConfig({ GCLOUD_PROJECT: addresses.project });
  return {
    ...open(config, { app, firestore, clock, log: SILENT }),
    close,
    async warmUp() {
      await Promise.all([db.doc('system/owners').get(), getAuth(app).getUsers([{ uid: 'nobody' }])]);
    },
  };
}

/** A second slow: what ends "this second" has ended already, and nobody has to wait for it. */
export const slowClock: Clock = () => Date.now() - 1000;

const nothing = () => undefined;
const SILENT: Log = {
  decision: nothing,
  transport: nothing,
  change: nothing,
  failure: nothing,
  reconciled: nothing,
  feedReadFailed: nothing,
};
