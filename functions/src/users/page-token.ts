import * as z from 'zod';
import { AppError } from '../errors.ts';

/** Where a list goes on: a page of Firebase Auth, and the last user of it that was looked at. */
export interface Position {
  readonly page?: string | undefined;
  readonly after?: string | undefined;
}

const position = z.strictObject({ page: z.string().optional(), after: z.string().optional() });

export function encodePageToken(at: Position): string {
  return Buffer.from(JSON.stringify(at)).toString('base64url');
}

/** @throws AppError `invalid_argument` for anything that {@link encodePageToken} did not make. */
export function decodePageToken(token: string | undefined): Position {
  if (token === undefined) return {};
  try {
    return position.parse(JSON.parse(Buffer.from(token, 'base64url').toString()));
  } catch (cause) {
    const message = 'Use the nextPageToken of the page before.';
    throw new AppError('invalid_argument', message, { errors: [{ field: 'pageToken', message }], cause });
  }
}
