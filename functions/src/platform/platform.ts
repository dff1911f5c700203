import type { App } from 'firebase-admin/app';
import type { Auth } from 'firebase-admin/auth';
import type { Fetch } from '../authn/oidc/fetch-json.ts';
import type { Config } from '../config.ts';
import { type Clock, systemClock } from '../core/clock.ts';
import { AppError } from '../core/errors.ts';
import { once } from '../core/once.ts';
import { type AppCheckVerifier, createAppCheckVerifier } from './app-check.ts';
import { type AccountStore, createAccountStore } from './firebase-auth/account-store.ts';
import type { OpenFirestore } from './firestore/firestore.ts';
import { type Log, structuredLog } from './logging/log.ts';

/** The configuration, and an adapter for each service outside of the process. */
export interface Platform {
  readonly config: Config;
  readonly clock: Clock;
  readonly log: Log;
  /** For the keys of token issuers. */
  readonly fetch: Fetch;
  readonly firestore: OpenFirestore;
  readonly auth: () => Promise<Auth>;
  readonly accounts: AccountStore;
  readonly appCheck: AppCheckVerifier;
}

/** What a test replaces. */
export interface Outside {
  readonly app?: App;
  readonly firestore?: OpenFirestore;
  readonly clock?: Clock;
  readonly fetch?: Fetch;
  readonly log?: Log;
}

/** Says what is missing in the answer, too: in the emulator its reader is the developer. */
function noFirestore(): AppError {
  const detail =
    'No Firestore emulator runs. Start all emulators: npm start, or npx firebase emulators:start without --only.';
  return new AppError('unavailable', detail, { reason: 'service-unavailable', logDetail: detail });
}

/** Builds the adapters. Each SDK is loaded when it is first used. */
export function createPlatform(config: Config, outside: Outside = {}): Platform {
  const { clock = systemClock, fetch = lateFetch, log = structuredLog } = outside;
  const app = once(
    async () =>
      outside.app ?? (await import('firebase-admin/app')).initializeApp({ projectId: config.projectId }),
  );
  const auth = once(async () => (await import('firebase-admin/auth')).getAuth(await app()));
  const appCheck = once(async () => (await import('firebase-admin/app-check')).getAppCheck(await app()));
  const firestore = once(async () => {
    if (config.lacksFirestore) throw noFirestore();
    const { getFirestore, FieldPath, FieldValue, Timestamp } = await import('firebase-admin/firestore');
    return { db: getFirestore(await app(), config.databaseId), FieldPath, FieldValue, Timestamp };
  });
  return Object.freeze({
    config,
    clock,
    log,
    fetch,
    auth,
    firestore: outside.firestore ?? firestore,
    accounts: createAccountStore(auth),
    appCheck: createAppCheckVerifier({ ...config.appCheck, appCheck, clock }),
  });
}

/** Node loads its `fetch` when it is first read, which takes part of a cold start. */
const lateFetch: Fetch = (...request) => globalThis.fetch(...request);
