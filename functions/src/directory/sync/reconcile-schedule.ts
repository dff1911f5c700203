import { onSchedule, type ScheduleOptions } from 'firebase-functions/scheduler';
import type { DirectoryService } from '../service.ts';

/**
 * Every five minutes: applies what a crash left pending, and removes expired grants. It must run within the hour for which
 * the revocation feed keeps a change; the end of access does not depend on it otherwise.
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
