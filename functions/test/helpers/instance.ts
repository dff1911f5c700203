import { authenticate } from '../../src/authn/authenticate.ts';
import type { Fetch } from '../../src/authn/oidc/fetch-json.ts';
import type { Principal } from '../../src/authz/principal.ts';
import { loadConfig } from '../../src/config.ts';
import type { Clock } from '../../src/core/clock.ts';
import type { Log } from '../../src/platform/logging/log.ts';
import type { TestFirestore } from './firestore.ts';
import { fetchGoogleAt, type Google, PROJECT } from './google.ts';
import { openInstance, type TestInstance } from './open-instance.ts';
import { type ProductFields, productOf } from './product.ts';

export interface LogLine {
  readonly kind: keyof Log;
  readonly [field: string]: unknown;
}

/** A log that keeps its lines in memory. */
export function recordingLog(): { readonly lines: LogLine[]; readonly log: Log } {
  const lines: LogLine[] = [];
  return {
    lines,
    log: {
      decision: (line) => lines.push({ kind: 'decision', ...line }),
      transport: (line) => lines.push({ kind: 'transport', ...line }),
      change: (line) => lines.push({ kind: 'change', ...line }),
      failure: (requestId, error) => lines.push({ kind: 'failure', requestId, code: error.code }),
      reconciled: (line) => lines.push({ kind: 'reconciled', ...line }),
      feedReadFailed: (line) => lines.push({ kind: 'feedReadFailed', ...line }),
    },
  };
}

export interface Instance extends TestInstance {
  readonly lines: LogLine[];
}

/** One instance as in production, on the given Google and Firestore. */
export function createInstance(
  google: Google,
  firestore: TestFirestore,
  {
    env = {},
    product,
    clock,
    fetch,
  }: { env?: Record<string, string>; product?: ProductFields; clock?: Clock; fetch?: Fetch } = {},
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

/** Authenticates a bearer token. With `fresh` it reads the directory record, as privileged operations do. */
export function present(instance: TestInstance, token: string, { fresh = false } = {}): Promise<Principal> {
  return authenticate(instance, { authenticator: instance.bearer, value: token }, { fresh });
}
