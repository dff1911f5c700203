import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach } from 'mocha';
import { authenticate } from '../../src/authn/authenticate.ts';
import type { Fetch } from '../../src/authn/oidc/fetch-json.ts';
import type { Principal } from '../../src/authz/principal.ts';
import { loadConfig } from '../../src/config.ts';
import type { Clock } from '../../src/core/clock.ts';
import { openTestFirestore, type TestFirestore } from './firestore.ts';
import { fetchGoogleAt, type Google, openGoogle, PROJECT } from './google.ts';
import { type LogLine, recordingLog } from './log.ts';
import { openInstance, type TestInstance } from './open-instance.ts';
import { type ProductFields, productOf } from './product.ts';

export interface Instance extends TestInstance {
  readonly lines: LogLine[];
}

interface Options {
  readonly env?: Readonly<Record<string, string>>;
  readonly product?: ProductFields;
  readonly clock?: Clock;
  /** Fetches the keys of external issuers. */
  readonly fetch?: Fetch;
}

/** One instance as in production, on the given Google and Firestore. */
export function openInstanceOn(
  google: Google,
  firestore: Pick<TestFirestore, 'open'>,
  { env = {}, product, clock, fetch }: Options = {},
): Instance {
  const { lines, log } = recordingLog();
  const config = loadConfig({ GCLOUD_PROJECT: PROJECT, ...env }, productOf(product));
  const outside = {
    app: google.app,
    firestore: firestore.open,
    log,
    ...(clock && { clock }),
    fetch: fetchGoogleAt(google.url, fetch),
  };
  return { ...openInstance(config, outside), lines };
}

interface Surroundings {
  readonly google: Google;
  readonly firestore: TestFirestore;
  readonly instance: Instance;
}

/**
 * Opens a fake Google, an empty database and an instance for the tests of a `describe`, and closes them afterwards.
 *
 * @param scope one for all tests, or a new one for each
 */
export function useTestInstance(scope: 'all' | 'each' = 'all', options: Options = {}) {
  let current: Surroundings | undefined;
  const [first, last] = scope === 'all' ? [before, after] : [beforeEach, afterEach];
  first('open an instance', async () => {
    const google = await openGoogle();
    const firestore = await openTestFirestore();
    current = { google, firestore, instance: openInstanceOn(google, firestore, options) };
  });
  last('close the instance', () => Promise.all([current?.google.close(), current?.firestore.close()]));
  const opened = () => current ?? assert.fail('no test runs');
  return {
    get google() {
      return opened().google;
    },
    get firestore() {
      return opened().firestore;
    },
    get instance() {
      return opened().instance;
    },
    /** Another instance on the same Firestore and Firebase Auth. @param more replaces the options */
    another: (more: Options = {}) =>
      openInstanceOn(opened().google, opened().firestore, { ...options, ...more }),
  };
}

/** Authenticates a bearer token. With `fresh` it reads the directory record, as privileged operations do. */
export async function authenticateToken(
  instance: TestInstance,
  token: string,
  { fresh = false } = {},
): Promise<Principal> {
  const credential = { authenticator: instance.bearer, value: token };
  return (await authenticate(instance, credential, { fresh })).principal;
}
