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

/** What is wrong with a setting, for people who know JSON and not the schema. @param types those that may be here */
export function formatZodIssue(types: readonly string[]): (issue: Issue) => string | undefined {
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
