import { defineModule } from '../pipeline/module.ts';
import { createIdentitiesService } from './identities-service.ts';
import { createUser } from './operations.ts';

/** Creates users: Firebase users by e-mail address, and users of trusted issuers before their first sign-in. */
export const identities = defineModule({
  name: 'identities',
  summary: 'Creating users: of Firebase by e-mail address, and of trusted issuers.',
  create: createIdentitiesService,
  operations: [createUser],
});
