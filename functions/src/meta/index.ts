import * as z from 'zod';
import { ALL_ERROR_CODES } from '../core/errors.ts';
import { defineModule } from '../pipeline/module.ts';
import { operation } from '../pipeline/operation.ts';
import { errorPage } from './error-pages.ts';
import { withOwnNames } from './own-names.ts';
import { serversAt } from './servers.ts';

interface Meta {
  readonly servers: ReturnType<typeof serversAt>;
}

const getHealth = operation<Meta>()({
  name: 'getHealth',
  effect: 'read',
  access: 'public',
  // For load balancers and uptime checks.
  rateLimit: null,
  http: { method: 'get', path: '/health' },
  input: z.strictObject({}),
  output: z.object({ status: z.literal('ok') }),
  summary: 'Is the API up? Calls no other service.',
  run: () => ({ status: 'ok' as const }),
});

const getOpenApi = operation<Meta>()({
  name: 'getOpenApi',
  effect: 'read',
  access: 'public',
  http: { method: 'get', path: '/openapi.json' },
  input: z.strictObject({}),
  output: z.record(z.string(), z.unknown()),
  summary: 'This API as OpenAPI 3.1.',
  // `npm run build` makes it from the operations; loaded when first asked for.
  run: async (_input, { service: { servers } }) => ({
    ...withOwnNames((await import('./openapi.json', { with: { type: 'json' } })).default),
    servers,
  }),
});

const getError = operation<Meta>()({
  name: 'getError',
  effect: 'read',
  access: 'public',
  http: { method: 'get', path: '/errors/:code' },
  input: z.strictObject({ code: z.enum(ALL_ERROR_CODES) }),
  output: z
    .object({
      code: z.enum(ALL_ERROR_CODES),
      title: z.string(),
      status: z.int().meta({ description: 'Of the HTTP answer.' }),
      callable: z.string().meta({ description: 'Code of the `HttpsError` of a callable.' }),
      description: z.string().meta({ description: 'What happened, and what to do.' }),
    })
    .meta({ id: 'ErrorPage' }),
  summary: 'What an error means, and what to do: the `type` of a problem leads here.',
  run: ({ code }) => errorPage(code),
});

/** What the API says about itself. */
export const meta = defineModule({
  name: 'meta',
  summary: 'What the API says about itself.',
  create: ({ config }): Meta => ({ servers: serversAt(config.basePath) }),
  operations: [getHealth, getOpenApi, getError],
});
