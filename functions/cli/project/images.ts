import * as z from 'zod';
import { call, type ProjectAccess, unlessMissing } from './request.ts';

/** The label with which a project opts out of the cleanup (`lib/functions/artifacts.js` of firebase-tools). */
const OPT_OUT_LABEL = 'firebase-functions-cleanup-opted-out';

const repository = z.object({
  cleanupPolicies: z.record(z.string(), z.unknown()).optional(),
  labels: z.record(z.string(), z.string()).optional(),
});

/**
 * Would a deployment with `--force` give the functions' container images in a region a cleanup policy? Undefined before the
 * first function of the region.
 *
 * @throws ApiError
 */
export async function lacksCleanupPolicy(
  access: ProjectAccess,
  region: string,
): Promise<boolean | undefined> {
  const path = `v1/projects/${access.projectId}/locations/${region}/repositories/gcf-artifacts`;
  const found = await unlessMissing(call(access, ['artifacts', path], repository));
  if (!found) return undefined;
  return Object.keys(found.cleanupPolicies ?? {}).length === 0 && found.labels?.[OPT_OUT_LABEL] !== 'true';
}
