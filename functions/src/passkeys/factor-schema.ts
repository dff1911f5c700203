import * as z from 'zod';
import { showHidden } from '../core/text.ts';
import { dateTime } from '../core/time.ts';

/** What a user calls a factor. */
export const factorName = z
  .string()
  .trim()
  .min(1)
  .max(64)
  .meta({ description: 'Name of the factor, for the user.', examples: ['Work phone'] })
  .transform(showHidden);

/** Public id of a factor. */
export const factorId = z
  .string()
  .regex(/^[\w-]{1,64}$/, 'Send the id of a factor.')
  .meta({ description: 'Id of the factor, as in `/me/factors`.', examples: ['k3Jx8QmZ0rT5uVwY'] });

/** A second factor, as its user sees it. */
export const factor = z
  .object({
    id: factorId,
    kind: z.enum(['totp', 'passkey']),
    name: z.string().meta({ examples: ['Work phone'] }),
    created: dateTime,
    lastUsed: dateTime.optional().meta({ description: 'Absent: never used since it was enrolled.' }),
    backedUp: z
      .boolean()
      .optional()
      .meta({ description: 'Of a passkey: it is synced, so it survives the loss of a device.' }),
    authenticator: z
      .string()
      .optional()
      .meta({ description: 'Of a passkey: what keeps it, where known.', examples: ['Apple Passwords'] }),
  })
  .meta({ id: 'Factor', description: 'A second factor of a user.' });
