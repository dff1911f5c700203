import type * as z from 'zod';
import { AppError, type FieldError } from './errors.ts';
import { describeIssue, withExample } from './input-messages.ts';
import type { OutputOf, StandardIssue, StandardSchema } from './standard-schema.ts';
import { findIllFormed } from './text.ts';

/** Limits, so that a response is not larger than its request. */
const MAX_ERRORS = 10;
const MAX_FIELD_LENGTH = 100;

/**
 * Parses an input with a schema. No text in it may be ill-formed Unicode, whatever the schema says.
 *
 * @param locate path of a field in the input, `''` for all of it → its name in the request, e.g. `body.title`
 * @throws AppError `invalid_argument` naming each field
 */
export function parseInput<S extends z.ZodType>(
  schema: S,
  value: unknown,
  locate: (field: string) => string,
): z.output<S> {
  const parsed = schema.safeParse(value, { error: describeIssue });
  if (!parsed.success) throw invalidFields(fieldErrors(schema, parsed.error, locate));
  const illFormed = findIllFormed(parsed.data);
  if (illFormed === undefined) return parsed.data;
  throw invalidFields([{ field: fieldName(illFormed, locate), message: 'Send well-formed Unicode.' }]);
}

/** {@link parseInput} with the schema of another library. @param value parsed JSON */
export async function parseStandard<S extends StandardSchema>(
  schema: S,
  value: unknown,
  locate: (field: string) => string,
): Promise<OutputOf<S>> {
  const parsed = await schema['~standard'].validate(value);
  if (parsed.issues !== undefined) {
    const toField = ({ path = [], message }: StandardIssue) => ({
      field: fieldName(path.map(keyOf).join('.'), locate),
      message,
    });
    throw invalidFields(parsed.issues.slice(0, MAX_ERRORS).map(toField));
  }
  const illFormed = findIllFormed(value);
  if (illFormed === undefined) return parsed.value;
  throw invalidFields([{ field: fieldName(illFormed, locate), message: 'Send well-formed Unicode.' }]);
}

const keyOf = (part: NonNullable<StandardIssue['path']>[number]) =>
  String(typeof part === 'object' ? part.key : part);

/** The wrong fields of an input, by their names in the request. */
export function inputErrors(
  schema: z.ZodType,
  value: unknown,
  locate: (field: string) => string,
): FieldError[] {
  const { error } = schema.safeParse(value, { error: describeIssue });
  return error === undefined ? [] : fieldErrors(schema, error, locate);
}

function fieldErrors(schema: z.ZodType, error: z.ZodError, locate: (field: string) => string): FieldError[] {
  const errors = error.issues.flatMap((issue) => {
    const names = issue.code === 'unrecognized_keys' ? issue.keys.slice(0, MAX_ERRORS) : [undefined];
    return names.map((name) => {
      const path = [...issue.path, ...(name === undefined ? [] : [name])].map(String).join('.');
      return {
        field: fieldName(path, locate),
        message: name === undefined ? messageOf(schema, issue) : 'There is no such field.',
      };
    });
  });
  return errors.slice(0, MAX_ERRORS);
}

function messageOf(schema: z.ZodType, { code, message, path }: z.core.$ZodIssue): string {
  // The message of an enum lists its values.
  return code === 'invalid_value' || code === 'too_big' ? message : withExample(message, schema, path);
}

/** The caller chooses the names of unknown fields. */
function fieldName(path: string, locate: (field: string) => string): string {
  return locate(path).slice(0, MAX_FIELD_LENGTH).toWellFormed();
}

export function invalidFields(errors: readonly FieldError[]): AppError {
  return new AppError('invalid_argument', `Check ${errors.map(({ field }) => field).join(', ')}.`, {
    errors,
  });
}
