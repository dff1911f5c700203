import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { MFA_KEYS_SECRET, type MfaKeys, readMfaKeys, requireMfaKeys } from '../src/core/mfa-keys.ts';
import { applicationDefault } from './credentials.ts';
import { findUp, type Installation, readProjectFiles } from './doctor/project-files.ts';
import { readFunctions } from './project/functions.ts';
import type { ProjectAccess } from './project/request.ts';
import { readSecret } from './project/secrets.ts';
import { isEmulated } from './settings.ts';

/**
 * The keys that the functions of a project have: for a deployed project those of the version of the secret with which its API
 * was deployed, which need not be the latest one.
 *
 * @throws Error without keys
 */
export async function readDeployedKeys(
  project: string,
  databaseId: string,
  { root = process.cwd(), access = accessTo(project) } = {},
): Promise<MfaKeys> {
  const text =
    process.env[MFA_KEYS_SECRET] ||
    (isEmulated(project)
      ? readLocal(root, project, databaseId)
      : await readVersion(access, root, databaseId));
  const keys = readMfaKeys(text);
  requireMfaKeys(keys);
  return keys;
}

const accessTo = (projectId: string): ProjectAccess => ({
  ...{ projectId, accessToken: applicationDefault(projectId), quotaProject: projectId },
});

function installationsIn(root: string, project: string, databaseId: string): readonly Installation[] {
  if (findUp(root, 'firebase.json') === undefined) return [];
  const { installations } = readProjectFiles(root, project);
  return installations.filter((installation) => installation.databaseId === databaseId);
}

/** What the emulator takes: `.secret.local` in the folder of the functions. */
function readLocal(root: string, project: string, databaseId: string): string | undefined {
  const [file] = installationsIn(root, project, databaseId)
    .map(({ source }) => join(findUp(root, 'firebase.json') ?? root, source, '.secret.local'))
    .filter((path) => existsSync(path));
  return file && parseEnv(readFileSync(file, 'utf8'))[MFA_KEYS_SECRET];
}

async function readVersion(
  access: ProjectAccess,
  root: string,
  databaseId: string,
): Promise<string | undefined> {
  const codebases = installationsIn(root, access.projectId, databaseId).map(({ codebase }) => codebase);
  const { functions } = await readFunctions(access);
  const secrets = functions
    .filter(({ codebase = '' }) => codebases.length === 0 || codebases.includes(codebase))
    .flatMap((one) => one.secrets.filter(({ key }) => key === MFA_KEYS_SECRET));
  const versions = new Set(secrets.map(({ secret, version }) => `${secret} ${version}`));
  const [first] = secrets;
  if (first === undefined || versions.size > 1) {
    const found = first === undefined ? 'no function has' : 'functions have different versions of';
    throw new Error(`${found} the secret ${MFA_KEYS_SECRET}: deploy the functions first.`);
  }
  return readSecret(access, first.secret, first.version);
}
