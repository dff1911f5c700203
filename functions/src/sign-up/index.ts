import { defineModule } from '../pipeline/module.ts';
import { createBlockingFunctions } from './blocking-functions.ts';
import type { SignUpNeeds, SignUpService } from './service.ts';
import { createUserEvents } from './user-events.ts';

/** Sign-up policy, default role, and the directory entries of new and deleted Firebase users. */
export const signUp = defineModule({
  name: 'signUp',
  create: ({ accounts, clock, config, log }, needs: SignUpNeeds): SignUpService => ({
    ...{ accounts, clock, config, log },
    ...needs,
  }),
  operations: [],
  triggers: (service, options) => ({
    ...createBlockingFunctions(options, service),
    ...createUserEvents(options, service),
  }),
});
