import { authenticate } from '../../src/authn/authenticate.ts';
import type { Principal } from '../../src/authn/principal.ts';
import { loadConfig } from '../../src/config.ts';
import { createDeps, type Deps } from '../../src/deps.ts';
import type { Clock } from '../../src/lib/clock.ts';
import type { Log } from '../../src/log.ts';
import { type Google, PROJECT } from './google.ts';

export interface LogLine {
  readonly kind: keyof Log;
  readonly [field: string]: unknown;
}

/** A log that keeps its lines. */
export function recordingLog(): { readonly lines: LogLine[]; readonly log: Log } {
  const lines: LogLine[] = [];
  return {
    lines,
    log: {
      decision: (line) => lines.push({ kind: 'decision', ...line }),
      transport: (line) => lines.push({ kind: 'transport', ...line }),
      change: (line) => lines.push({ kind: 'change', ...line }),
      failure: (requestId, error) => lines.push({ kind: 'failure', requestId, code: error.code }),
    },
  };
}

export interface Instance extends Deps {
  readonly lines: LogLine[];
}

/** One instance wired as in production, talking to the given Google. */
export function createInstance(
  google: Google,
  { env = {}, clock }: { env?: Record<string, string>; clock?: Clock } = {},
): Instance {
  const { lines, log } = recordingLog();
  // Most of what is asked of an instance is what it remembers; `ACCESS_CHANGE_MAX_AGE: '0'` is the default of a deployment.
  const config = loadConfig({ GCLOUD_PROJECT: PROJECT, ACCESS_CHANGE_MAX_AGE: '10', ...env });
  return { ...createDeps(config, { app: google.app, log, ...(clock && { clock }) }), lines };
}

/** Presents a bearer token to the authentication of an instance. */
export function present(instance: Deps, token: string, { fresh = false } = {}): Promise<Principal> {
  return authenticate(instance, { kind: 'bearer', token }, { fresh });
}
