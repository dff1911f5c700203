import { defineModule } from '../pipeline/module.ts';
import { createRateLimits } from './rate-limits.ts';

/** How often a caller may call. */
export const rateLimits = defineModule({ name: 'rateLimits', create: createRateLimits, operations: [] });
