import * as z from 'zod';

/**
 * May this be a Firebase user id? 1 to 128 UTF-16 units, as Firebase counts; without slashes and control characters, which
 * could neither name a document nor stay on one line of a log. Nor `.`, `..` and `__…__`, which Firestore reserves, nor
 * half a surrogate pair, which UTF-8 cannot write: Firestore would look elsewhere.
 */
export function isUid(text: unknown): text is string {
  return (
    typeof text === 'string' &&
    text.length <= 128 &&
    text.isWellFormed() &&
    /^[^/\p{Cc}]+$/u.test(text) &&
    !/^(\.\.?|__.*__)$/u.test(text)
  );
}

/** Firebase allows any 1 to 128 characters; slashes and control characters are refused as in tokens. */
export const uid = z
  .string()
  .min(1)
  .max(128)
  .refine(isUid, 'is not a user id')
  .meta({ description: 'Firebase user id, 1 to 128 characters.' });
