import { defineModule } from '../pipeline/module.ts';
import { createIdentitiesService } from './identities-service.ts';
import { provisionUser } from './operations.ts';

/** External identities: users of trusted issuers other than Firebase. */
export const identities = defineModule({
  name: 'identities',
  summary: 'Users of trusted issuers other than Firebase.',
  create: createIdentitiesService,
  operations: [provisionUser],
});
