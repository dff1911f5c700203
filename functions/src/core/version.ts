import * as z from 'zod';

/** The version of a resource that the caller read and now changes. `If-Match` can give it instead; neither is 428. */
export const expectedVersion = z
  .int()
  .min(0)
  .meta({ description: 'The version you read; another version now means 409.', examples: [3] });
