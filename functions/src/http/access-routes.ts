import * as z from 'zod';
import { type Route, route } from './route.ts';

export const accessRoutes: readonly Route[] = [
  route({
    method: 'post',
    path: '/access/reconcile',
    access: { permission: 'access:reconcile' },
    input: {},
    output: z
      .object({ expired: z.int(), repaired: z.int(), failed: z.int(), more: z.boolean() })
      .meta({ id: 'Reconciled' }),
    summary: 'Take out grants that have ended, and tell Firebase Auth what it missed, now.',
    handler: (_input, { principal, deps, requestId }) =>
      deps.reconcileAccess({ kind: 'principal', principal, requestId }),
  }),
];
