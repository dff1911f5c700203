import { readPoorAccounts } from '../../project/account-permissions.ts';
import { readServiceAccount } from '../../project/iam.ts';
import { type Check, NotApplicable } from '../check.ts';
import { finding } from '../findings.ts';
import { deployedFunctions } from './functions.ts';

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
    const accounts = functions.flatMap(({ serviceAccount }) => serviceAccount ?? []);
    return (await readPoorAccounts(live.access, accounts)).map(({ email, missing, roles }) => {
      const users = functions
        .filter(({ serviceAccount }) => serviceAccount === email)
        .map(({ name }) => name);
      return finding(
        'service-account-role',
        `${email} of ${users.join(', ')} lacks ${missing.join(', ')} on the project`,
        `Grant it ${roles.join(', ')}. A role on the folder or organization is not visible here.`,
      );
    });
  },
};
