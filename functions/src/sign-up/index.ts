import { defineModule } from '../pipeline/module.ts';
import { createBlockingFunctions } from './blocking-functions.ts';
import type { SignUpService } from './service.ts';
import { createUserEvents } from './user-events.ts';

/** Sign-up policy, default role, and the directory entries of new and deleted Firebase users. */
export const signUp = defineModule({
  name: 'signUp',
  create: (
    { accounts, clock, config, log },
    { audit, directory }: Pick<SignUpService, 'audit' | 'directory'>,
  ): SignUpService => ({ accounts, clock, config, log, audit, directory }),
  operations: [],
  triggers: (service, options) => ({
    ...createBlockingFunctions(options, service),
    ...createUserEvents(options, service),
  }),
});
