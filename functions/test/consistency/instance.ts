import { getAuth } from 'firebase-admin/auth';
import { loadConfig } from '../../src/config.ts';
import { type Clock, systemClock } from '../../src/core/clock.ts';
import { fetchGoogleAt } from '../helpers/google.ts';
import { silentLog } from '../helpers/log.ts';
import { openInstance, type TestInstance } from '../helpers/open-instance.ts';
import { ORIGIN } from '../helpers/session-browser.ts';
import { type Addresses, connectBackends } from './backends.ts';

export interface OwnInstance extends TestInstance {
  /** Loads and connects what the first calls need, without a deadline: on a busy machine that takes seconds. */
  warmUp(): Promise<void>;
  close(): Promise<void>;
}

/** An instance as in production, with its own clients. `close` it. */
export function connectInstance(addresses: Addresses, clock: Clock = systemClock): OwnInstance {
  const { app, db, firestore, close } = connectBackends(addresses);
  const fetch = fetchGoogleAt(`http://127.0.0.1:${addresses.auth}`);
  const config = loadConfig({ GCLOUD_PROJECT: addresses.project, ALLOWED_ORIGINS: ORIGIN });
  return {
    ...openInstance(config, { app, firestore, clock, fetch, log: silentLog }),
    close,
    async warmUp() {
      await Promise.all([db.doc('system/owners').get(), getAuth(app).getUsers([{ uid: 'unknown' }])]);
    },
  };
}

/** One second slow: a revocation lies a second in the past, so that a sign-in right after it is valid. */
export const slowClock: Clock = () => Date.now() - 1000;
