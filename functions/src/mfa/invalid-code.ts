import { AppError, type Caller } from '../core/errors.ts';

/** The same answer for every cause. The reason is for the log. */
export function invalidCode(reason: 'wrong-code' | 'code-used' | 'no-factor', caller: Caller): AppError {
  const detail =
    'The code was not accepted. Each works once: send the next one of your app, or another recovery code.';
  return new AppError('invalid_factor', detail, { reason, caller });
}
