import { onSchedule, type ScheduleOptions } from 'firebase-functions/scheduler';
import type { Deps } from '../../deps.ts';

/**
 * Reconciles every five minutes. Access does not depend on it, but it has to run within the hour for which instances
 * remember an access change.
 */
export function createReconcileSchedule(options: Omit<ScheduleOptions, 'schedule'>, deps: () => Deps) {
  return onSchedule(
    { ...options, schedule: 'every 5 minutes', timeoutSeconds: 120, maxInstances: 1, concurrency: 1 },
    async () => {
      const { reconcileAccess, log } = deps();
      log.reconciled(await reconcileAccess({ kind: 'system', requestId: 'reconcileAccess' }));
    },
  );
}
