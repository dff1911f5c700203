import * as z from 'zod';
import { AppError } from './errors.ts';

/** Where a list goes on: the sort values of the last item of the page before. */
export type Position = readonly (string | number)[];

const position = z.array(z.union([z.string().max(1500), z.int()])).max(4);

export function encodePageToken(at: Position): string {
  return Buffer.from(JSON.stringify(at)).toString('base64url');
}

/**
 * @param kinds of the values it has to have
 * @throws AppError `invalid_argument` for anything that {@link encodePageToken} did not make
 */
export function decodePageToken(
  token: string | undefined,
  kinds: readonly ('string' | 'number')[],
): Position | undefined {
  if (token === undefined) return undefined;
  try {
    const at = position.parse(JSON.parse(Buffer.from(token, 'base64url').toString()));
    if (at.length !== kinds.length || at.some((value, index) => typeof value !== kinds[index]))
      throw new Error('other values');
    return at;
  } catch (cause) {
    throw invalidPageToken(cause);
  }
}

export function invalidPageToken(cause?: unknown): AppError {
  const message = 'Use the nextPageToken of the page before.';
  return new AppError('invalid_argument', message, { errors: [{ field: 'pageToken', message }], cause });
}
