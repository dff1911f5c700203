import type { AppError, ErrorCode } from './errors.ts';
import type { GrantReason, RefusalReason } from './refusal-reasons.ts';
import type { RequestLabels } from './request-labels.ts';
import { showHidden, showHiddenIn } from './text.ts';

/** Why a call was allowed or refused; the code of an error without a reason. */
export type DecisionReason = GrantReason | RefusalReason | ErrorCode;

interface DecisionLine {
  readonly requestId: string;
  readonly method?: string;
  /** The path of the operation with the names of its parameters, or the name of the callable: never a value. */
  readonly route?: string | undefined;
  /** The HTTP status that the caller gets. */
  readonly status?: number;
  /** The permission that was asked for, `public` or `signed-in`. */
  readonly permission: string;
  readonly granted: boolean;
  readonly reason: DecisionReason;
  /** More about the reason. */
  readonly detail?: string | undefined;
  readonly code?: ErrorCode;
  /** The call was not granted, and went on nevertheless. */
  readonly enforcement?: 'shadow';
  readonly issuer?: string;
  readonly subject?: string;
  /** Public id of the session that authenticated the call. */
  readonly session?: string | undefined;
  /** Labels of the request, for Cloud Logging. */
  readonly labels?: RequestLabels | undefined;
}

interface ChangeLine {
  readonly requestId: string;
  readonly action: string;
  readonly actor: string;
  readonly target: string;
  /** `refused`: nothing was changed. `unknown`: a service did not answer, so the change may have happened. */
  readonly outcome: 'done' | 'refused' | 'unknown';
  readonly code?: ErrorCode;
  readonly before?: unknown;
  readonly after?: unknown;
  readonly reason?: string | undefined;
  /** More about the reason. */
  readonly detail?: string | undefined;
}

/** A request that was refused before anything was parsed. */
interface TransportLine {
  readonly requestId: string;
  readonly granted: false;
  readonly code: ErrorCode;
  readonly status: number;
  readonly method: string;
  /** Of a request that was refused before its path was looked at. */
  readonly path?: string;
  readonly origin?: string;
  /** The origin may not call, and the request went on nevertheless. */
  readonly enforcement?: 'shadow';
}

interface ReconciledLine {
  readonly expired: number;
  readonly repaired: number;
  readonly failed: number;
  readonly more: boolean;
  /** Of the stored data: `behind` until the migrations of this version have run, `ahead` after a roll-back. */
  readonly schema: 'current' | 'behind' | 'ahead';
}

interface KeysLine {
  readonly issuer: string;
  /** How many keys are left. */
  readonly usable: number;
  /** Key ids as published, each with what is wrong. */
  readonly skipped: readonly string[];
}

interface ClaimsLine {
  readonly issuer: string;
  /** Mapped claims that are present and cannot be read: the shape, never a value. */
  readonly claims: readonly { readonly claim: string; readonly shape: string }[];
}

/** Everything that Gatehouse logs: fixed fields, never a token, a header or a body. */
export interface Log {
  decision(line: DecisionLine): void;
  transport(line: TransportLine): void;
  change(line: ChangeLine): void;
  failure(requestId: string, error: AppError): void;
  reconciled(line: ReconciledLine): void;
  keysSkipped(line: KeysLine): void;
  claimsUnreadable(line: ClaimsLine): void;
  /** This instance is in shadow mode. */
  shadowMode(): void;
  /** The access changes could not be read; those in memory are used. @property seconds since the last read, if any */
  feedReadFailed(line: {
    readonly code: ErrorCode;
    readonly detail: string | undefined;
    readonly seconds: number | undefined;
  }): void;
}

interface Line {
  readonly [field: string]: unknown;
  readonly severity: 'INFO' | 'WARNING' | 'ERROR';
  readonly message: string;
}

/**
 * Structured lines, written as JSON, so that a line break or an escape sequence in a subject stays inside its string. The
 * fields are named one by one, here and in `RequestLabels`: no key of a caller becomes a field. Hidden characters are shown:
 * the subject of a decision has none, since no id has, and neither has the path of a transport refusal.
 *
 * @param writeDecision for decisions, if another way
 * @param showStack improves the stack of a failure
 */
export const createLog = (
  write: (line: Line) => void,
  writeDecision = write,
  showStack = (stack: string) => stack,
): Log => ({
  decision({ requestId, method, route, status, permission, issuer, subject, session, ...line }) {
    const { granted, reason, detail, code, enforcement, labels } = line;
    writeDecision({
      severity: 'INFO',
      message: 'decision',
      event: 'decision',
      requestId,
      method,
      route,
      status,
      permission,
      issuer,
      subject,
      ...(session !== undefined && { session }),
      granted,
      reason,
      ...(detail !== undefined && { detail: showHidden(detail) }),
      ...(code !== undefined && { code }),
      ...(enforcement !== undefined && { enforcement }),
      ...labels,
    });
  },
  transport(line) {
    write({ ...line, permission: 'transport', event: 'decision', message: 'decision', severity: 'INFO' });
  },
  change(line) {
    write({ ...showHiddenIn(line), event: 'change', message: 'change', severity: 'INFO' });
  },
  reconciled(line) {
    const severity = line.failed > 0 || line.schema !== 'current' ? 'WARNING' : 'INFO';
    write({ ...line, event: 'reconciled', message: 'access reconciled', severity });
  },
  keysSkipped(line) {
    write({ ...line, event: 'keys', message: 'keys of an issuer skipped', severity: 'WARNING' });
  },
  claimsUnreadable(line) {
    write({ ...line, event: 'claims', message: 'claims of an issuer unreadable', severity: 'WARNING' });
  },
  shadowMode() {
    const message = 'ENFORCEMENT=shadow: endpoints with allowShadow refuse no request';
    write({ enforcement: 'shadow', event: 'enforcement', message, severity: 'WARNING' });
  },
  feedReadFailed(line) {
    write({ ...line, event: 'feed', message: 'access changes unread', severity: 'ERROR' });
  },
  failure(requestId, error) {
    const { code, reason, logDetail, cause } = error;
    write({
      severity: 'ERROR',
      message: 'failure',
      event: 'failure',
      requestId,
      code,
      reason,
      ...(logDetail !== undefined && { detail: showHidden(logDetail) }),
      cause: describe(cause, showStack),
    });
  },
});

/** Name, code and stack; no other property, since SDK errors carry whole requests with their credentials. */
function describe(cause: unknown, showStack: (stack: string) => string): Record<string, unknown> | undefined {
  if (!(cause instanceof Error)) return undefined;
  return {
    name: cause.name,
    code: 'code' in cause ? cause.code : undefined,
    // A message can quote the request.
    stack: cause.stack && showStack(cause.stack).split('\n').map(showHidden).join('\n'),
  };
}
