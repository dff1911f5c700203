import type { AuditLog } from '../audit/index.ts';
import type { DirectoryService } from '../directory/index.ts';
import { defineModule } from '../pipeline/module.ts';
import type { Platform } from '../platform/platform.ts';
import type { UsersService } from '../users/index.ts';
import { createBlockingFunctions } from './blocking-functions.ts';
import { createUserEvents } from './user-events.ts';

interface Needs {
  readonly audit: AuditLog;
  readonly directory: DirectoryService;
  readonly users: UsersService;
}

/** What the event handlers use. */
export type SignUpService = Pick<Platform, 'accounts' | 'clock' | 'config' | 'log'> & Needs;

/** Sign-up policy, default role, and the directory entries of new and deleted Firebase users. */
export const signUp = defineModule({
  name: 'signUp',
  create: (
    { accounts, clock, config, log },
    { audit, directory, users }: Needs,
  ): SignUpService => ({
    ...{ accounts, clock, config, log },
    ...{ audit, directory, users },
  }),
  operations: [],
  triggers: (service, options) => ({
    ...createBlockingFunctions(options, service),
    ...createUserEvents(options, service),
  }),
});
