import * as z from 'zod';
import { type AppError, invalidField } from './errors.ts';
import { findIllFormed } from './text.ts';

/** A page token, for messages. */
const EXAMPLE = 'WyJrM0pmOXNRMnhZaFQxYlY3bU40cExyOHdaYzUyIl0';

/** Input fields of a list. @param max largest page */
export const pageFields = (max: number) => ({
  pageSize: z.int().min(1).max(max).default(50),
  pageToken: z
    .string()
    .min(1)
    .max(2048)
    .meta({ description: 'The nextPageToken of the page before.', examples: [EXAMPLE] })
    .optional(),
});

/** Where the next page begins: the sort values of the last item of this page. */
export type Position = readonly (string | number)[];

const position = z.array(z.union([z.string().max(1500), z.int()])).max(4);

export function encodePageToken(at: Position): string {
  return Buffer.from(JSON.stringify(at)).toString('base64url');
}

/**
 * @param kinds types of the values
 * @throws AppError `invalid_argument` for anything that {@link encodePageToken} did not make
 */
export function decodePageToken(
  token: string | undefined,
  kinds: readonly ('string' | 'number')[],
): Position | undefined {
  if (token === undefined) return undefined;
  try {
    const at = position.parse(JSON.parse(Buffer.from(token, 'base64url').toString()));
    if (at.map((value) => typeof value).join() !== kinds.join()) throw new Error('other values');
    if (findIllFormed(at) !== undefined) throw new Error('not well-formed Unicode');
    return at;
  } catch (cause) {
    throw invalidPageToken(cause);
  }
}

export function invalidPageToken(cause?: unknown): AppError {
  return invalidField('pageToken', `Send the nextPageToken of the page before, e.g. ${EXAMPLE}.`, cause);
}
