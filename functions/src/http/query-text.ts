import * as z from 'zod';

/** In a query string every value is text. */
export const flag = z.enum(['true', 'false']).transform((text) => text === 'true');

/** @param max 1 to 999 */
export const pageSize = (max: number) =>
  z
    .string()
    .regex(/^\d{1,3}$/, 'is not a whole number')
    .transform(Number)
    .pipe(z.int().min(1).max(max))
    .default(50);
