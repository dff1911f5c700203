import { defineModule } from '../pipeline/module.ts';
import { claimOwner } from './operations.ts';
import { createOwnerClaimService } from './owner-claim-service.ts';

export { createClaimCode } from './claim-code.ts';

/** How a project gets its first owner: a one-time code of an operator. */
export const ownerClaim = defineModule({
  name: 'ownerClaim',
  summary: 'The first owner of a project.',
  create: createOwnerClaimService,
  operations: [claimOwner],
});
