import * as z from 'zod';
import { NOUNS, PARTS } from './config-error.ts';

const FORMATS: Readonly<Record<string, string>> = {
  datetime: 'Send a time as RFC 3339.',
  email: 'Send an e-mail address.',
};

/**
 * What to send instead, as a sentence with the bound or the choices: for Zod's own checks. A message that the schema gives
 * itself comes first.
 */
export function describeIssue(issue: z.core.$ZodRawIssue): string | undefined {
  switch (issue.code) {
    case 'invalid_type':
      if (issue.input === undefined) return 'This field is required.';
      return `Send ${NOUNS[isInteger(issue) ? 'int' : issue.expected] ?? issue.expected}.`;
    case 'invalid_value':
      if (issue.input === undefined) return 'This field is required.';
      return `Send ${issue.values.length > 1 ? 'one of ' : ''}${issue.values.map(String).join(', ')}.`;
    case 'too_big':
      return `Send at most ${issue.maximum}${PARTS[issue.origin] ?? ''}.`;
    case 'too_small':
      return `Send at least ${issue.minimum}${PARTS[issue.origin] ?? ''}.`;
    case 'invalid_format':
      return FORMATS[issue.format];
    default:
      return undefined;
  }
}

/** Is a whole number expected? Zod expects a `number` first. */
function isInteger({ inst }: z.core.$ZodRawIssue): boolean {
  return inst !== undefined && 'format' in inst._zod.def && inst._zod.def.format === 'safeint';
}

/** Adds the example of the field at `path`, where its schema has one: `Send a time, e.g. 2030-01-01T00:00:00Z.` */
export function withExample(message: string, schema: z.core.$ZodType, path: readonly PropertyKey[]): string {
  const example = exampleAt(schema, path);
  if (example === undefined) return message;
  const text = typeof example === 'string' ? example : JSON.stringify(example);
  return `${message.replace(/\.$/, '')}, e.g. ${text}.`;
}

function exampleAt(schema: z.core.$ZodType, path: readonly PropertyKey[]): unknown {
  const [key, ...rest] = path;
  const examples: unknown = key === undefined ? z.globalRegistry.get(schema)?.examples : undefined;
  if (Array.isArray(examples)) return examples[0];
  const inner = innerSchema(schema, key);
  if (inner === undefined) return undefined;
  return exampleAt(inner, isWrapper(schema) ? path : rest);
}

const isWrapper = ({ _zod: { def } }: z.core.$ZodType) => 'innerType' in def || 'in' in def;

/** The schema that a wrapper wraps, or that of a field or an item. */
function innerSchema(schema: z.core.$ZodType, key: PropertyKey | undefined): z.core.$ZodType | undefined {
  // One of the parts that the definitions of Zod's own schemas have.
  const { innerType, in: input, shape, element } = schema._zod.def as Partial<Definition>;
  if (isWrapper(schema)) return innerType ?? input;
  if (key === undefined) return undefined;
  return shape !== undefined && Object.hasOwn(shape, key) ? shape[String(key)] : element;
}

interface Definition {
  readonly innerType: z.core.$ZodType;
  readonly in: z.core.$ZodType;
  readonly shape: Readonly<Record<string, z.core.$ZodType>>;
  readonly element: z.core.$ZodType;
}
