import { defineModule } from '../pipeline/module.ts';
import { createBlockingFunctions } from './blocking-functions.ts';
import { createFirstSight } from './first-sight.ts';
import type { SignUpDeps } from './service.ts';
import { createUserEvents } from './user-events.ts';

export { getsDefaultRole, provisionUser } from './service.ts';

/** Sign-up policy, default role, and the directory entries of new and deleted Firebase users. */
export const signUp = defineModule({
  name: 'signUp',
  create: (
    { accounts, clock, config, log },
    { audit, directory }: Pick<SignUpDeps, 'audit' | 'directory'>,
  ) => {
    const deps = { accounts, clock, config, log, audit, directory };
    return { ...deps, firstSight: createFirstSight(deps) };
  },
  operations: [],
  triggers: (service, options) => ({
    ...createBlockingFunctions(options, service),
    ...createUserEvents(options, service),
  }),
});
