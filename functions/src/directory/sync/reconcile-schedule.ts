import { onSchedule, type ScheduleOptions } from 'firebase-functions/scheduler';
import type { DirectoryService } from '../service.ts';

/**
 * Every five minutes: repairs what a crash left unfinished, and removes expired grants. Access does not wait for it, but
 * it has to run within the hour for which the revocation feed remembers a change.
 */
export function createReconcileSchedule(
  options: Omit<ScheduleOptions, 'schedule'>,
  service: () => DirectoryService,
) {
  return onSchedule(
    { ...options, schedule: 'every 5 minutes', timeoutSeconds: 120, maxInstances: 1, concurrency: 1 },
    () => service().reconcileOnSchedule(),
  );
}
