import * as z from 'zod';
import { operation } from '../pipeline/operation.ts';
import { user } from '../users/index.ts';
import type { OwnerClaimService } from './owner-claim-service.ts';

export const claimOwner = operation<OwnerClaimService>()({
  name: 'claimOwner',
  effect: 'write',
  // There are no roles yet: the code is the permission. The service reads the record of the user.
  access: 'signed-in',
  // Counted before the code is compared. There is no limit per code: 192 bits cannot be guessed, and with such a limit every
  // user who can sign up could use up the code of the operator.
  rateLimit: { user: 10, shared: 300, window: 600, allInstances: true },
  http: { method: 'post', path: '/claim-owner' },
  callable: true,
  input: z.strictObject({
    code: z
      .string()
      .trim()
      .min(1)
      .max(100)
      .meta({
        description: 'As `npm run gatehouse:claim-owner` prints it.',
        examples: ['q0ZJ7b1yXn4kV2mT8sLwUe5RdA9cGhFi'],
      }),
  }),
  output: user,
  errors: ['permission_denied', 'invalid_claim_code', 'owner_exists', 'claims_too_large'],
  summary: 'Become the first owner with a one-time code.',
  run: ({ code }, { service, actor }) => service.claim(actor, code),
});
