import * as z from 'zod';
import { call, type ProjectAccess } from './request.ts';

const service = z.object({ state: z.string().optional() });

/** Is an API, such as `run.googleapis.com`, enabled? @throws ApiError */
export async function isApiEnabled(access: ProjectAccess, api: string): Promise<boolean> {
  const path = `v1/projects/${access.projectId}/services/${api}`;
  const { state } = await call(access, ['serviceUsage', path], service);
  return state === 'ENABLED';
}
