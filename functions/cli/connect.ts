import { createInstance, type Instance } from '../src/app.ts';
import { type Config, loadConfig } from '../src/config.ts';
import { AppError } from '../src/core/errors.ts';
import { type Log, structuredLog } from '../src/platform/logging/log.ts';
import { createPlatform } from '../src/platform/platform.ts';
import { findUp, readProjectFiles } from './doctor/project-files.ts';
import { isEmulated } from './settings.ts';

/** Does not log changes: they are in the audit log, and the command prints its result. */
export const forOperators: Log = { ...structuredLog, change: () => undefined };

interface Deployment {
  /** In place of that of the parameter files. */
  readonly databaseId?: string | undefined;
  /** Folder with firebase.json in it or above; by default the current one. */
  readonly root?: string;
}

/** The parameters of the clone, kit or library in a folder. @throws Error if instances of the kit use several databases */
function parametersIn(root: string, project: string, databaseId: string | undefined) {
  if (findUp(root, 'firebase.json') === undefined) return {};
  const all = readProjectFiles(root, project).installations;
  const one = all.find((installation) => installation.databaseId === databaseId) ?? all[0];
  const databases = [...new Set(all.map((installation) => installation.databaseId))];
  if (databaseId === undefined && databases.length > 1) {
    throw new Error(`${project} has the databases ${databases.join(', ')}: choose one with --database`);
  }
  return one?.parameters ?? {};
}

/** The configuration of a project's functions: in particular, which database they use. */
export function configOf(project: string, { databaseId, root = process.cwd() }: Deployment = {}): Config {
  return loadConfig({
    ...process.env,
    ...parametersIn(root, project, databaseId),
    ...(databaseId !== undefined && { DATABASE_ID: databaseId }),
    ...{ GCLOUD_PROJECT: project, FUNCTIONS_EMULATOR: String(isEmulated(project)) },
  });
}

/** The services of a project, with the operator's own Google credentials. */
export function connect(project: string, deployment?: Deployment): Instance {
  const emulator = isEmulated(project);
  if (emulator) {
    process.env.FIREBASE_AUTH_EMULATOR_HOST ??= '127.0.0.1:9099';
    process.env.FIRESTORE_EMULATOR_HOST ??= '127.0.0.1:8080';
    process.env.METADATA_SERVER_DETECTION ??= 'none';
  }
  // User credentials need a quota project.
  else process.env.GOOGLE_CLOUD_QUOTA_PROJECT ??= project;
  const config = configOf(project, deployment);
  return createInstance(createPlatform(config, { log: forOperators }));
}

/** The error message to print at the terminal. */
export function explain(error: unknown, project: string | undefined): string {
  if (!(error instanceof AppError)) return error instanceof Error ? error.message : String(error);
  if (error.code !== 'unavailable') return error.message;
  const hint =
    project !== undefined && isEmulated(project)
      ? 'Start the emulators: npm start'
      : 'Sign in: gcloud auth application-default login';
  const cause = error.cause instanceof Error ? ` (${error.cause.message})` : '';
  return `Firebase did not answer: ${error.reason}${cause}\n${hint}`;
}

interface ProjectArguments {
  readonly project?: string | undefined;
  readonly database?: string | undefined;
  readonly help?: boolean | undefined;
}

/**
 * Runs a command on a project, or prints its usage.
 *
 * @param read throws for arguments that the command does not know
 * @param work its open connections are closed afterwards: they would keep the process alive
 * @returns the exit code
 */
export async function runOnProject<Values extends ProjectArguments>(
  usage: string,
  read: () => Values,
  work: (instance: Instance, values: Values) => Promise<number>,
): Promise<number> {
  let project: string | undefined;
  try {
    const values = read();
    project = values.project;
    if (values.help || project === undefined) {
      console.log(usage);
      return values.help ? 0 : 2;
    }
    const instance = connect(project, { databaseId: values.database });
    const code = await work(instance, values);
    await (await instance.firestore()).db.terminate();
    return code;
  } catch (error) {
    console.error(explain(error, project));
    process.exit(1);
  }
}
