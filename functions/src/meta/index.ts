import * as z from 'zod';
import { defineModule } from '../pipeline/module.ts';
import { operation } from '../pipeline/operation.ts';

const getHealth = operation<undefined>()({
  name: 'getHealth',
  effect: 'read',
  access: 'public',
  http: { method: 'get', path: '/health' },
  input: z.strictObject({}),
  output: z.object({ status: z.literal('ok') }),
  summary: 'Is the API up? Calls no other service.',
  run: () => ({ status: 'ok' as const }),
});

const getOpenApi = operation<undefined>()({
  name: 'getOpenApi',
  effect: 'read',
  access: 'public',
  http: { method: 'get', path: '/openapi.json' },
  input: z.strictObject({}),
  output: z.record(z.string(), z.unknown()),
  summary: 'This API as OpenAPI 3.1.',
  // `npm run build` makes it from the operations; loaded when first asked for.
  run: async () => (await import('./openapi.json', { with: { type: 'json' } })).default,
});

/** What the API says about itself. */
export const meta = defineModule({
  name: 'meta',
  summary: 'What the API says about itself.',
  create: () => undefined,
  operations: [getHealth, getOpenApi],
});
