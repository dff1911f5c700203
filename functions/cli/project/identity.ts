import * as z from 'zod';
import { call, type ProjectAccess, unlessMissing } from './request.ts';

/** Settings of Firebase Authentication. */
export interface IdentityConfig {
  /** Upgraded to Identity Platform? Blocking functions need it. */
  readonly isIdentityPlatform: boolean;
  /** Address of the registered blocking function by event: `beforeCreate`, `beforeSignIn`, … */
  readonly blocking: Readonly<Record<string, string>>;
}

const config = z.object({
  subtype: z.string().optional(),
  blockingFunctions: z
    .object({ triggers: z.record(z.string(), z.object({ functionUri: z.string().optional() })).optional() })
    .optional(),
});

/** Undefined when Authentication was never switched on. @throws ApiError */
export async function readIdentityConfig(access: ProjectAccess): Promise<IdentityConfig | undefined> {
  const target = ['identity', `admin/v2/projects/${access.projectId}/config`] as const;
  const found = await unlessMissing(call(access, target, config));
  if (!found) return undefined;
  const triggers = Object.entries(found.blockingFunctions?.triggers ?? {});
  return {
    isIdentityPlatform: found.subtype === 'IDENTITY_PLATFORM',
    blocking: Object.fromEntries(
      triggers.flatMap(([event, { functionUri }]) => (functionUri ? [[event, functionUri]] : [])),
    ),
  };
}
