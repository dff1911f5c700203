import { onSchedule, type ScheduleOptions } from 'firebase-functions/scheduler';
import type { Deps } from '../../deps.ts';

/**
 * Every five minutes: finishes what a crash left half-done, and takes out grants that have ended. Access does not wait
 * for it; but it has to run within the hour that an access change is remembered.
 */
export function createReconcileSchedule(options: Omit<ScheduleOptions, 'schedule'>, deps: () => Deps) {
  return onSchedule(
    { ...options, schedule: 'every 5 minutes', timeoutSeconds: 120, maxInstances: 1, concurrency: 1 },
    async () => {
      const { reconcileAccess, log } = deps();
      log.reconciled(await reconcileAccess({ principal: 'system', requestId: 'reconcileAccess' }));
    },
  );
}
