import * as z from 'zod';
import { call, type ProjectAccess, unlessMissing } from './request.ts';

const version = z.object({ state: z.string() });

/** Does a secret of Secret Manager have a latest version that can be read? @throws ApiError */
export async function hasSecret(access: ProjectAccess, name: string): Promise<boolean> {
  const path = `v1/projects/${access.projectId}/secrets/${name}/versions/latest`;
  const latest = await unlessMissing(call(access, ['secretManager', path], version));
  return latest?.state === 'ENABLED';
}

const payload = z.object({ payload: z.object({ data: z.base64() }) });

/** The value of a version of a secret. @throws ApiError */
export async function readSecret(access: ProjectAccess, name: string, of = 'latest'): Promise<string> {
  const path = `v1/projects/${access.projectId}/secrets/${name}/versions/${of}:access`;
  const { data } = (await call(access, ['secretManager', path], payload)).payload;
  return Buffer.from(data, 'base64').toString();
}
