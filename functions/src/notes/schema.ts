import * as z from 'zod';
import { pageFields } from '../core/pagination.ts';
import { dateTime } from '../core/time.ts';
import { uid } from '../core/uid.ts';
import { expectedVersion } from '../core/version.ts';

/** Inputs and outputs of the operations on notes. */

/** As Firestore generates ids, and as `firestore.rules` requires of clients that write there directly. */
export const noteId = z
  .string()
  .regex(/^[A-Za-z0-9]{20}$/, 'Send the id of a note.')
  .meta({ description: '20 letters and digits.', examples: ['Zk3Jf9sQ2xYhT1bV7mN4'] });

// Lengths are in UTF-16 units, as in rules, not in code points, as in zod.
const fits = (units: number) => (text: string) => text.length <= units;
const tooLong = (units: number) => `Send at most ${units} characters; most emoji count as two.`;
const title = z
  .string()
  .trim()
  .min(1)
  .refine(fits(200), tooLong(200))
  .refine((text) => !/\p{Cc}/u.test(text), 'Send one line of text.')
  .meta({ description: 'One line, 1 to 200 characters.', maxLength: 200 });
const body = z
  .string()
  .refine(fits(20_000), tooLong(20_000))
  .meta({ description: 'At most 20000 characters.', maxLength: 20_000 });

/** The service sets the owner and the times. */
export const newNote = z.strictObject({ title, body: body.default('') });

export const noteUpdate = z
  .strictObject({ id: noteId, title: title.optional(), body: body.optional(), version: expectedVersion })
  .refine(
    (update) => update.title !== undefined || update.body !== undefined,
    'Send a title, a body, or both.',
  );

export const noteQuery = z.strictObject({
  owner: uid
    .optional()
    .meta({ description: 'The `uid` of the owner. Absent: you. Another owner needs notes:moderate.' }),
  ...pageFields(100),
});

export const note = z
  .object({
    id: z.string(),
    owner: z.string(),
    title: z.string(),
    body: z.string(),
    createdAt: dateTime,
    updatedAt: dateTime,
    version: z.int().meta({ description: 'One more with every change; the ETag has it in quotes.' }),
  })
  .meta({ id: 'Note' });

/** A note in a list: a hundred texts would be a large response. */
export const noteHeader = note.omit({ body: true }).meta({ id: 'NoteHeader' });

export const notePage = z
  .object({ notes: z.array(noteHeader).readonly(), nextPageToken: z.string().optional() })
  .meta({ id: 'NotePage', description: 'Sorted by time of change, the last first.' });
