import * as z from 'zod';
import { call, type ProjectAccess } from './request.ts';

const info = z.object({ billingEnabled: z.boolean().default(false) });

/** Is the project on the Blaze plan? @throws ApiError */
export async function isBillingEnabled(access: ProjectAccess): Promise<boolean> {
  const target = ['billing', `v1/projects/${access.projectId}/billingInfo`] as const;
  return (await call(access, target, info)).billingEnabled;
}
