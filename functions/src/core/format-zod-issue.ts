import type * as z from 'zod';

type Issue = z.core.$ZodRawIssue;

const NOUNS: Partial<Record<string, string>> = {
  array: 'a list: [ … ]',
  object: 'an object: { … }',
  record: 'an object: { … }',
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
};

const PARTS: Partial<Record<string, string>> = { array: ' entries', string: ' characters' };

/**
 * What is wrong with a value of the configuration, for readers who do not know Zod.
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
        return `has to be one of ${types.join(', ')}`; // the only union that has no words of its own
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

/** Each issue as a line that begins with its path below `root`, e.g. `trustedIssuers[0].region: is missing`. */
export function problemsOf({ issues }: z.ZodError, root = ''): string[] {
  return issues.map(({ path, message }) => `${path.reduce(appendKey, root)}: ${message}`);
}

function appendKey(path: string, key: PropertyKey): string {
  if (typeof key === 'number') return `${path}[${key}]`;
  return path === '' ? String(key) : `${path}.${String(key)}`;
}
