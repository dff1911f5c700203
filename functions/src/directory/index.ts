import { defineModule } from '../pipeline/module.ts';
import { reconcileDirectory } from './operations.ts';
import { createDirectoryService } from './service.ts';
import { createReconcileSchedule } from './sync/reconcile-schedule.ts';

export type { DirectoryService } from './service.ts';

/** The record of who may do what, and its copies in Firebase Auth and in every instance. */
export const directory = defineModule({
  name: 'directory',
  create: createDirectoryService,
  operations: [reconcileDirectory],
  triggers: (service, options) => ({ reconcileAccess: createReconcileSchedule(options, service) }),
});
