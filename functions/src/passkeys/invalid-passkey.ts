import { AppError, type Caller } from '../core/errors.ts';
import type { RefusalReason } from '../core/refusal-reasons.ts';

/** The same answer for every cause: it must not say which passkeys exist. @param caller of the verified signature */
export function invalidPasskey(
  reason: RefusalReason,
  options: {
    readonly caller?: Caller | undefined;
    readonly logDetail?: string;
    readonly cause?: unknown;
  } = {},
): AppError {
  const detail = 'The passkey was not accepted. Ask for new options, and try again.';
  return new AppError('invalid_factor', detail, { ...options, reason });
}
