import { AppError } from '../core/errors.ts';

/**
 * The version a conditional change was made on: from the body, from `If-Match` (RFC 9110 §13.1.1), or from both when they
 * agree. `*` would mean "whatever it is now", which is what a version is there to prevent. `W/` is what a proxy that
 * compresses makes of an ETag.
 *
 * @throws AppError `invalid_argument`
 */
export function versionFrom(inBody: number | undefined, ifMatch: string | undefined): number {
  const inHeader = ifMatch === undefined ? undefined : /^(?:W\/)?"(\d{1,15})"$/.exec(ifMatch.trim())?.[1];
  if (ifMatch !== undefined && inHeader === undefined) {
    throw wrong('headers.if-match', 'Send the ETag as it came, e.g. "3".');
  }
  if (inBody === undefined && inHeader === undefined) {
    throw wrong('body.version', 'Send the version you read, here or as If-Match.');
  }
  if (inBody !== undefined && inHeader !== undefined && inBody !== Number(inHeader)) {
    throw wrong('body.version', 'This is another version than If-Match says.');
  }
  return inBody ?? Number(inHeader);
}

/** Who sent `If-Match` expects 412 for what is otherwise a 409. */
export function toPrecondition(error: unknown, ifMatch: string | undefined): unknown {
  const isMismatch = error instanceof AppError && error.code === 'version_mismatch';
  return isMismatch && ifMatch !== undefined
    ? new AppError('precondition_failed', error.message, { cause: error })
    : error;
}

function wrong(field: string, message: string): AppError {
  return new AppError('invalid_argument', message, { errors: [{ field, message }] });
}
