import * as z from 'zod';
import { call, type ProjectAccess, unlessMissing } from './request.ts';

/** Settings of Firebase Authentication. */
export interface IdentityConfig {
  /** Upgraded to Identity Platform? Blocking functions need it. */
  readonly isIdentityPlatform: boolean;
  /** Address of the registered blocking function by event: `beforeCreate`, `beforeSignIn`, … */
  readonly blocking: Readonly<Record<string, string>>;
  /** Can users sign in with an e-mail address and a password? */
  readonly emailPassword: boolean;
}

const config = z.object({
  subtype: z.string().optional(),
  signIn: z.object({ email: z.object({ enabled: z.boolean().optional() }).optional() }).optional(),
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
    emailPassword: found.signIn?.email?.enabled ?? false,
    isIdentityPlatform: found.subtype === 'IDENTITY_PLATFORM',
    blocking: Object.fromEntries(
      triggers.flatMap(([event, { functionUri }]) => (functionUri ? [[event, functionUri]] : [])),
    ),
  };
}
