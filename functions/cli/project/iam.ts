import * as z from 'zod';
import { call, type ProjectAccess, unlessMissing } from './request.ts';

export interface Binding {
  readonly role: string;
  /** `user:…`, `serviceAccount:…`, `group:…`, … */
  readonly members: readonly string[];
  readonly condition?: { readonly title?: string | undefined } | undefined;
}

const policy = z.object({
  bindings: z
    .array(
      z.object({
        role: z.string(),
        members: z.array(z.string()).default([]),
        condition: z.object({ title: z.string().optional() }).optional(),
      }),
    )
    .default([]),
});

/** Who has which role on the project itself: roles of a folder or an organization are not in it. @throws ApiError */
export async function readBindings(access: ProjectAccess): Promise<readonly Binding[]> {
  const target = ['resourceManager', `v1/projects/${access.projectId}:getIamPolicy`] as const;
  const body = { options: { requestedPolicyVersion: 3 } };
  return (await call(access, target, policy, { body })).bindings;
}

const granted = z.object({ permissions: z.array(z.string()).default([]) });

/** Those of the permissions that the caller does not have on the project. @throws ApiError */
export async function missingPermissions(
  access: ProjectAccess,
  permissions: readonly string[],
): Promise<readonly string[]> {
  const target = ['resourceManager', `v1/projects/${access.projectId}:testIamPermissions`] as const;
  const answer = await call(access, target, granted, { body: { permissions } });
  return permissions.filter((permission) => !answer.permissions.includes(permission));
}

const account = z.object({ email: z.string(), disabled: z.boolean().default(false) });

/** Undefined when there is no such service account. @throws ApiError */
export function readServiceAccount(
  access: ProjectAccess,
  email: string,
): Promise<z.infer<typeof account> | undefined> {
  // One of another project names it; with `-` for the project, Google answers 403 for an account that does not exist.
  const project = /@([a-z0-9-]+)\.iam\.gserviceaccount\.com$/.exec(email)?.[1] ?? access.projectId;
  return unlessMissing(call(access, ['iam', `v1/projects/${project}/serviceAccounts/${email}`], account));
}

const role = z.object({ includedPermissions: z.array(z.string()).default([]) });

/** What a role, such as `roles/datastore.user` or `projects/…/roles/…`, permits. @throws ApiError */
export async function readRolePermissions(access: ProjectAccess, name: string): Promise<readonly string[]> {
  return (await call(access, ['iam', `v1/${name}`], role)).includedPermissions;
}
