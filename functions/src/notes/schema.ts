import * as z from 'zod';
import { uid } from '../core/uid.ts';

/** What a client may send and what it gets back, field by field. A field that is not named here does not pass. */

/** As Firestore makes them, and as `firestore.rules` demands of clients that write there directly. */
export const noteId = z
  .string()
  .regex(/^[A-Za-z0-9]{20}$/, 'is not the id of a note')
  .meta({ description: '20 letters and digits.' });

// Counted in UTF-16 units, as rules count, and not in code points, as zod would.
// Half a surrogate pair has no UTF-8, and Firestore would refuse it.
const isText = (text: string) => text.isWellFormed();
const fits = (units: number) => (text: string) => text.length <= units;
const TOO_LONG = 'is too long; most emoji count as two characters';
const title = z
  .string()
  .trim()
  .min(1)
  .refine(fits(200), TOO_LONG)
  .refine((text) => isText(text) && !/\p{Cc}/u.test(text), 'is not one line of text')
  .meta({ description: 'One line, 1 to 200 characters.', maxLength: 200 });
const body = z
  .string()
  .refine(fits(20_000), TOO_LONG)
  .refine(isText, 'is not text')
  .meta({ description: 'At most 20000 characters.', maxLength: 20_000 });

/** Who it belongs to and when it was written are not the client's to say. */
export const newNote = z.strictObject({ title, body: body.default('') });

const version = z
  .string({ error: 'Send the version you read, here or as If-Match.' })
  .regex(/^[\d.]{1,40}$/, 'is not the version of a note');

export const noteUpdate = z
  .strictObject({ id: noteId, title: title.optional(), body: body.optional(), version })
  .refine(
    (update) => update.title !== undefined || update.body !== undefined,
    'Send a title, a body, or both.',
  );

export const noteQuery = z.strictObject({
  owner: uid.optional().meta({ description: 'Whose notes. Yours, unless you hold notes:moderate.' }),
  pageSize: z.int().min(1).max(100).default(50),
  pageToken: z.string().min(1).max(2048).optional(),
});

const dateTime = z.string().meta({ format: 'date-time' });

export const note = z
  .object({
    id: z.string(),
    owner: z.string(),
    title: z.string(),
    body: z.string(),
    createdAt: dateTime,
    updatedAt: dateTime,
    version: z.string().meta({ description: 'Changes with every change; the ETag without its quotes.' }),
  })
  .meta({ id: 'Note' });

/** A hundred bodies would be a large answer: a list has the titles. */
export const noteHeader = note.omit({ body: true }).meta({ id: 'NoteHeader' });

export const notePage = z
  .object({ notes: z.array(noteHeader).readonly(), nextPageToken: z.string().optional() })
  .meta({ id: 'NotePage', description: 'The last changed first.' });
