import * as z from 'zod';

/** The version of a resource that the caller read and now changes. `If-Match` can give it instead. */
export const expectedVersion = z
  .int({
    error: ({ input }) =>
      input === undefined ? 'Send the version you read, here or as If-Match.' : undefined,
  })
  .min(0)
  .meta({ description: 'The version you read; another version now means 409.' });
