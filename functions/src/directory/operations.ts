import * as z from 'zod';
import { operation } from '../pipeline/operation.ts';
import type { DirectoryService } from './service.ts';

export const reconcileDirectory = operation<DirectoryService>()({
  name: 'reconcileDirectory',
  effect: 'write',
  access: { permission: 'directory:reconcile' },
  http: { method: 'post', path: '/directory/reconcile' },
  input: z.strictObject({}),
  output: z
    .object({ expired: z.int(), repaired: z.int(), failed: z.int(), more: z.boolean() })
    .meta({ id: 'Reconciled' }),
  summary: 'Remove expired grants and repair Firebase Auth accounts that are out of sync, now.',
  run: (_input, { service, actor }) => service.reconcile(actor),
});
