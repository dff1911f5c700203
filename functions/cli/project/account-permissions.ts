import { readBindings, readRolePermissions } from './iam.ts';
import type { ProjectAccess } from './request.ts';

/** Permission that every function needs → the role that the guide gives for it. */
const NEEDED = new Map([
  ['datastore.entities.get', 'roles/datastore.user'],
  ['datastore.entities.list', 'roles/datastore.user'],
  ['datastore.entities.create', 'roles/datastore.user'],
  ['datastore.entities.update', 'roles/datastore.user'],
  ['firebaseauth.users.get', 'roles/firebaseauth.admin'],
  ['firebaseauth.users.update', 'roles/firebaseauth.admin'],
]);

export interface PoorAccount {
  readonly email: string;
  readonly missing: readonly string[];
  /** Roles that have what is missing. */
  readonly roles: readonly string[];
}

/** Those of the service accounts of functions that lack a permission on the project. @throws ApiError */
export async function readPoorAccounts(
  access: ProjectAccess,
  emails: Iterable<string>,
): Promise<readonly PoorAccount[]> {
  const bindings = await readBindings(access);
  const permissionsOf = rolePermissions(access);
  const accounts = [...new Set(emails)].map(async (email) => {
    // A conditional role may not count where it is needed.
    const roles = bindings
      .filter(({ members, condition }) => !condition && members.includes(`serviceAccount:${email}`))
      .map(({ role }) => role);
    const held = new Set((await Promise.all(roles.map(permissionsOf))).flat());
    const missing = [...NEEDED].filter(([permission]) => !held.has(permission));
    return {
      email,
      missing: missing.map(([permission]) => permission),
      roles: [...new Set(missing.map(([, role]) => role))],
    };
  });
  return (await Promise.all(accounts)).filter(({ missing }) => missing.length > 0);
}

function rolePermissions(access: ProjectAccess) {
  const found = new Map<string, Promise<readonly string[]>>();
  return (role: string) => {
    const answer = found.get(role) ?? readRolePermissions(access, role);
    found.set(role, answer);
    return answer;
  };
}
