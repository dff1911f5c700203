import type * as z from 'zod';

/** An invalid configuration. It stops the build and the start. */
export class ConfigError extends Error {
  readonly problems: readonly string[];

  /** @param problems one line each, beginning with the parameter or the field's path, e.g. `API_REGION: is missing` */
  constructor(problems: readonly string[]) {
    super(problems.map((problem) => `Invalid configuration: ${problem}`).join('\n'));
    this.problems = problems;
  }
}

/** Reads a part of a configuration. @returns undefined for an invalid one, after adding its problems to `problems` */
export function collectProblems<T>(problems: string[], read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    problems.push(...error.problems);
    return undefined;
  }
}

/** @param name of the variable that holds the text. @throws ConfigError for invalid JSON, with the position */
export function parseConfigJson(text: string, name: string): unknown {
  try {
    return JSON.parse(text, refuseProto);
  } catch (error) {
    // `JSON.parse` and `refuseProto` throw nothing else.
    const { message } = error as Error;
    const problem =
      error instanceof SyntaxError ? `is not JSON: ${message.replaceAll(/\s+/g, ' ')}` : message;
    throw new ConfigError([`${name}: ${problem}`]);
  }
}

/** Zod drops such a field without an error. */
function refuseProto(name: string, value: unknown): unknown {
  if (name === '__proto__') throw new Error('has a field named __proto__');
  return value;
}

type Issue = z.core.$ZodRawIssue;

/** What a type is called in messages. */
export const NOUNS: Partial<Record<string, string>> = {
  array: 'a list: [ … ]',
  object: 'an object: { … }',
  record: 'an object: { … }',
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
};

/** What the size of a value counts. */
export const PARTS: Partial<Record<string, string>> = { array: ' entries', string: ' characters' };

/**
 * Describes a problem of a value of the configuration, for readers who do not know Zod.
 *
 * @param types the values of `type` that a discriminated union accepts
 */
export function formatZodIssue(types: readonly string[] = []): (issue: Issue) => string | undefined {
  return (issue) => {
    switch (issue.code) {
      case 'invalid_type':
        if (issue.input === undefined) return 'is missing';
        return `has to be ${NOUNS[issue.expected] ?? issue.expected}`;
      case 'invalid_union':
        return `has to be one of ${types.join(', ')}`; // other unions have a message of their own
      case 'invalid_value':
        if (issue.input === undefined) return 'is missing';
        return `has to be one of ${issue.values.map(String).join(', ')}`;
      case 'unrecognized_keys':
        return `has an unknown field: ${issue.keys.join(', ')}`;
      case 'too_small':
        return issue.origin in PARTS ? 'is empty' : `is less than ${issue.minimum}`;
      case 'too_big': {
        const parts = PARTS[issue.origin];
        return `${parts === undefined ? 'is' : 'has'} more than ${issue.maximum}${parts ?? ''}`;
      }
      case 'invalid_key':
        return 'has an empty name';
      default:
        return undefined;
    }
  };
}

/**
 * Parses a part of the configuration.
 *
 * @param root its path, e.g. `trustedIssuers`
 * @param types the values of `type` that a discriminated union accepts
 * @throws ConfigError with a line for each problem, e.g. `trustedIssuers[0].region: is missing`
 */
export function parseConfig<S extends z.ZodType>(
  schema: S,
  value: unknown,
  root = '',
  types: readonly string[] = [],
): z.output<S> {
  const parsed = schema.safeParse(value, { error: formatZodIssue(types) });
  if (parsed.success) return parsed.data;
  throw new ConfigError(
    parsed.error.issues.map(({ path, message }) => `${path.reduce(appendKey, root)}: ${message}`),
  );
}

function appendKey(path: string, key: PropertyKey): string {
  if (typeof key === 'number') return `${path}[${key}]`;
  return path === '' ? String(key) : `${path}.${String(key)}`;
}
