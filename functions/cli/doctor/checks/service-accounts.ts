import { readBindings, readRolePermissions, readServiceAccount } from '../../project/iam.ts';
import type { ProjectAccess } from '../../project/request.ts';
import { type Check, NotApplicable } from '../check.ts';
import { finding } from '../findings.ts';
import { deployedFunctions } from './functions.ts';

/** Permission that every function needs → the role that the guide gives for it. */
const NEEDED = new Map([
  ['datastore.entities.get', 'roles/datastore.user'],
  ['datastore.entities.list', 'roles/datastore.user'],
  ['datastore.entities.create', 'roles/datastore.user'],
  ['datastore.entities.update', 'roles/datastore.user'],
  ['firebaseauth.users.get', 'roles/firebaseauth.admin'],
  ['firebaseauth.users.update', 'roles/firebaseauth.admin'],
]);

const PARAMETERS = ['API_SERVICE_ACCOUNT', 'CALLABLES_SERVICE_ACCOUNT', 'TRIGGERS_SERVICE_ACCOUNT'];

export const configuredAccounts: Check = {
  name: 'service accounts of the parameters',
  reads: 'project',
  async run({ live: { access }, installation: { parameters } }) {
    const named = PARAMETERS.flatMap((name) => (parameters[name] ? [[name, parameters[name]] as const] : []));
    if (named.length === 0) throw new NotApplicable('no parameter names one');
    const found = await Promise.all(named.map(([, email]) => readServiceAccount(access, email)));
    return named.flatMap(([name, email], at) => {
      const account = found[at];
      if (account && !account.disabled) return [];
      const what = `${name} is ${email}, which ${account ? 'is disabled' : 'does not exist'}`;
      return [finding('service-account-missing', what, 'Create or enable it, or leave the parameter empty.')];
    });
  },
};

export const accountRoles: Check = {
  name: 'roles of service accounts',
  reads: 'project',
  async run(subject) {
    const { live, installation } = subject;
    const functions = await deployedFunctions(subject);
    if (installation.kind === 'library') {
      throw new NotApplicable('which functions of the codebase use Gatehouse is not known');
    }
    const { access } = live;
    const bindings = await readBindings(access);
    const accounts = new Set(functions.flatMap(({ serviceAccount }) => serviceAccount ?? []));
    const permissionsOf = rolePermissions(access);
    const findings = [...accounts].map(async (email) => {
      // A conditional role may not count where it is needed.
      const roles = bindings
        .filter(({ members, condition }) => !condition && members.includes(`serviceAccount:${email}`))
        .map(({ role }) => role);
      const held = new Set((await Promise.all(roles.map(permissionsOf))).flat());
      const missing = [...NEEDED.keys()].filter((permission) => !held.has(permission));
      if (missing.length === 0) return [];
      const wanted = [...new Set(missing.map((permission) => NEEDED.get(permission)))].join(', ');
      const users = functions
        .filter(({ serviceAccount }) => serviceAccount === email)
        .map(({ name }) => name);
      return [
        finding(
          'service-account-role',
          `${email} of ${users.join(', ')} lacks ${missing.join(', ')} on the project`,
          `Grant it ${wanted}. A role on the folder or organization is not visible here.`,
        ),
      ];
    });
    return (await Promise.all(findings)).flat();
  },
};

function rolePermissions(access: ProjectAccess) {
  const found = new Map<string, Promise<readonly string[]>>();
  return (role: string) => {
    const answer = found.get(role) ?? readRolePermissions(access, role);
    found.set(role, answer);
    return answer;
  };
}
