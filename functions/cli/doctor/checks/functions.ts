import type { DeployedFunction } from '../../project/functions.ts';
import { type Check, type LiveSubject, NotApplicable } from '../check.ts';
import { finding } from '../findings.ts';

/** The functions of the codebase, all of them ours unless it is a library. @throws NotApplicable if there is none yet */
export async function deployedFunctions({ live, installation }: LiveSubject): Promise<DeployedFunction[]> {
  const { functions, unreachable } = await live.functions();
  const found = functions.filter(({ codebase }) => codebase === installation.codebase);
  if (found.length > 0) return found;
  if (unreachable.length > 0) throw new Error(`these regions did not answer: ${unreachable.join(', ')}`);
  throw new NotApplicable(`no function of the codebase ${installation.codebase} is deployed`);
}

const label = ({ name, region }: DeployedFunction) => `${name} (${region})`;

export const activeFunctions: Check = {
  name: 'functions',
  reads: 'project',
  async run(subject) {
    const functions = await deployedFunctions(subject);
    return functions
      .filter(({ state = 'ACTIVE' }) => state !== 'ACTIVE')
      .map((one) =>
        finding(
          'function-not-active',
          `${label(one)} is ${one.state}`,
          `firebase deploy --only functions:${subject.installation.codebase}`,
        ),
      );
  },
};

/** Changing REGION makes new functions. A deployment deletes the old ones only on confirmation. */
export const regions: Check = {
  name: 'regions',
  reads: 'project',
  async run(subject) {
    if (subject.installation.kind === 'library') {
      throw new NotApplicable('functions of the codebase may run in several regions');
    }
    const functions = await deployedFunctions(subject);
    const byName = Map.groupBy(functions, ({ name }) => name);
    return [...byName.values()]
      .filter((same) => same.length > 1)
      .map((same) =>
        finding(
          'function-left-behind',
          `${same.map(label).join(' and ')} both serve requests`,
          'Delete the one in the region that you left: firebase functions:delete <name> --region <region>',
        ),
      );
  },
};

/** Address of a function without a slash at its end. */
const trimmed = (uri: string) => uri.replace(/\/$/, '');

const urisOf = ({ uri, name, region }: DeployedFunction, projectId: string) => [
  ...(uri === undefined ? [] : [trimmed(uri)]),
  `https://${region}-${projectId}.cloudfunctions.net/${name}`,
];

export const blockingFunctions: Check = {
  name: 'blocking functions',
  reads: 'project',
  async run({ live }) {
    const [config, { functions, unreachable }] = await Promise.all([live.identity(), live.functions()]);
    const registered = Object.entries(config?.blocking ?? {});
    const uris = functions.flatMap((one) => urisOf(one, live.access.projectId));
    const gone = registered.filter(([, uri]) => !uris.includes(trimmed(uri)));
    if (gone.length > 0 && unreachable.length > 0) {
      throw new Error(`these regions did not answer: ${unreachable.join(', ')}`);
    }
    return gone.map(([event, uri]) =>
      finding(
        'blocking-function-gone',
        `Identity Platform calls ${uri} at ${event}, but there is no such function: every sign-in of that kind fails`,
        'Unregister it (Firebase console, Authentication, Settings, Blocking functions), or deploy it again.',
      ),
    );
  },
};

const OUR_EVENTS = ['beforeCreate', 'beforeSignIn'] as const;

const replaced = (event: string, other: string) =>
  finding(
    'blocking-function-other',
    `Identity Platform calls one function at ${event}, and that is ${other}: a deployment of Gatehouse replaces it without asking`,
    'Set IDENTITY_PLATFORM to false, or remove the other function.',
  );

export const identityPlatform: Check = {
  name: 'Identity Platform',
  reads: 'project',
  async run({ live, installation }) {
    if (installation.parameters.IDENTITY_PLATFORM !== 'true') {
      throw new NotApplicable('IDENTITY_PLATFORM is not true');
    }
    const [config, { functions }] = await Promise.all([live.identity(), live.functions()]);
    if (config?.isIdentityPlatform) {
      const others = functions.filter(({ codebase }) => codebase !== installation.codebase);
      return OUR_EVENTS.flatMap((event) => {
        const uri = trimmed(config.blocking[event] ?? '');
        const other = others.find((one) => urisOf(one, live.access.projectId).includes(uri));
        return other ? [replaced(event, label(other))] : [];
      });
    }
    const what =
      'IDENTITY_PLATFORM is true, but the project is not upgraded: blocking functions cannot be deployed';
    return [
      finding(
        'identity-platform-missing',
        what,
        'Upgrade Authentication in the Firebase console, or set it to false.',
      ),
    ];
  },
};
