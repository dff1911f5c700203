import type { Log } from '../../src/platform/logging/log.ts';

/** Logs for instances in tests. */

export interface LogLine {
  readonly kind: keyof Log;
  readonly [field: string]: unknown;
}

/** A log that keeps its lines in memory, oldest first. */
export function recordingLog(): { readonly lines: LogLine[]; readonly log: Log } {
  const lines: LogLine[] = [];
  const log: Log = {
    decision: (line) => lines.push({ kind: 'decision', ...line }),
    transport: (line) => lines.push({ kind: 'transport', ...line }),
    change: (line) => lines.push({ kind: 'change', ...line }),
    failure: (requestId, error) => lines.push({ kind: 'failure', requestId, code: error.code, error }),
    reconciled: (line) => lines.push({ kind: 'reconciled', ...line }),
    keysSkipped: (line) => lines.push({ kind: 'keysSkipped', ...line }),
    claimsUnreadable: (line) => lines.push({ kind: 'claimsUnreadable', ...line }),
    shadowMode: () => lines.push({ kind: 'shadowMode' }),
    feedReadFailed: (line) => lines.push({ kind: 'feedReadFailed', ...line }),
  };
  return { lines, log };
}

const nothing = () => undefined;

/** A log that writes nothing. */
export const silentLog: Log = {
  decision: nothing,
  transport: nothing,
  change: nothing,
  failure: nothing,
  reconciled: nothing,
  keysSkipped: nothing,
  claimsUnreadable: nothing,
  shadowMode: nothing,
  feedReadFailed: nothing,
};
