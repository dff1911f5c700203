import * as z from 'zod';
import { hasHidden } from './text.ts';

/**
 * Is it a user id that can name a document? 1 to 128 UTF-16 units, as Firebase counts. Without slashes; without hidden
 * characters, by which two ids would look the same; not `.`, `..` or `__…__`, which Firestore reserves; without half a
 * surrogate pair, which UTF-8 cannot encode.
 */
export function isUid(text: unknown): text is string {
  return (
    typeof text === 'string' &&
    text.length <= 128 &&
    text.isWellFormed() &&
    /^[^/]+$/.test(text) &&
    !hasHidden(text) &&
    !/^(\.\.?|__.*__)$/u.test(text)
  );
}

export const uid = z
  .string()
  .min(1)
  .max(128)
  .refine(isUid, 'Send a user id.')
  .meta({
    description: 'The uid of a user, 1 to 128 characters.',
    examples: ['k3Jf9sQ2xYhT1bV7mN4pLr8wZc52'],
  });
