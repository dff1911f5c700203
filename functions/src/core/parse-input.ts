import type * as z from 'zod';
import { AppError } from './errors.ts';

/**
 * Parses with a schema.
 *
 * @param at name of the part, the first step of every field's path
 * @throws AppError `invalid_argument` naming each field
 */
export function parseInput<S extends z.ZodType>(schema: S, value: unknown, at: string): z.output<S> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const errors = parsed.error.issues.flatMap((issue) => {
    const names = issue.code === 'unrecognized_keys' ? issue.keys.slice(0, MAX_ERRORS) : [undefined];
    return names.map((name) => ({
      field: [at, ...issue.path, ...(name === undefined ? [] : [name])]
        .map(String)
        .join('.')
        .slice(0, MAX_FIELD_LENGTH),
      message: name === undefined ? issue.message : 'There is no such field.',
    }));
  });
  errors.splice(MAX_ERRORS);
  throw new AppError('invalid_argument', `Check ${errors.map(({ field }) => field).join(', ')}.`, { errors });
}

/** An answer must not be larger than what asked for it. */
const MAX_ERRORS = 10;
const MAX_FIELD_LENGTH = 100;
