import type { Caller, ErrorCode } from '../core/errors.ts';
import type { Log } from '../platform/logging/log.ts';

type Line = Parameters<Log['decision']>[0];

/** What the guard decides about a call. */
export type DecisionFields = Pick<
  Line,
  'permission' | 'granted' | 'reason' | 'detail' | 'code' | 'issuer' | 'subject' | 'session' | 'enforcement'
>;

/** Who was decided about. */
export const callerFields = ({ issuer, subject, session }: Caller) => ({
  ...{ issuer, subject },
  ...(session && { session: session.id }),
});

/** The log line of one call. */
export interface CallLine {
  /** Takes a decision. Of several the last one counts, and of those in shadow mode the first refusal. */
  decided(decision: DecisionFields): void;
  /**
   * Writes the line, at most once. Called before the first byte of the answer.
   *
   * @param code of the error that is answered
   * @returns was a decision made?
   */
  answered(status: number, code?: ErrorCode): boolean;
}

/** @param call who asked for what: the fields that the decision does not change, read when the line is written */
export function openCallLine(
  log: Pick<Log, 'decision'>,
  call: Pick<Line, 'requestId' | 'labels' | 'method' | 'route'>,
): CallLine {
  let decision: DecisionFields | undefined;
  let isWritten = false;
  return {
    decided(made) {
      const passes = made.granted || made.enforcement === 'shadow';
      if (decision?.enforcement === 'shadow' && passes) return;
      decision = made;
    },
    answered(status, code) {
      if (decision === undefined) return false;
      if (!isWritten) log.decision({ ...call, ...(code && { code }), ...decision, status });
      isWritten = true;
      return true;
    },
  };
}
