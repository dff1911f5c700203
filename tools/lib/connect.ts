import { loadConfig } from '../../functions/src/config.ts';
import { AppError } from '../../functions/src/core/errors.ts';
import { createDeps, type Deps } from '../../functions/src/deps.ts';
import { type Log, structuredLog } from '../../functions/src/platform/logging/log.ts';

/** A `demo-` project means the running emulators. */
export const isEmulated = (project: string) => project.startsWith('demo-');

/** What was changed is in the audit trail, and a sentence says it at the terminal. */
export const forOperators: Log = { ...structuredLog, change: () => undefined };

/** The services of a project, with the operator's own Google credentials. */
export function connect(project: string): Deps {
  const emulator = isEmulated(project);
  if (emulator) {
    process.env.FIREBASE_AUTH_EMULATOR_HOST ??= '127.0.0.1:9099';
    process.env.FIRESTORE_EMULATOR_HOST ??= '127.0.0.1:8080';
    process.env.METADATA_SERVER_DETECTION ??= 'none';
  }
  // With a person's credentials the API wants to know whose quota it is.
  else process.env.GOOGLE_CLOUD_QUOTA_PROJECT ??= project;
  const { env } = process;
  const config = loadConfig({ ...env, GCLOUD_PROJECT: project, FUNCTIONS_EMULATOR: String(emulator) });
  return createDeps(config, { log: forOperators });
}

/** What went wrong, for whoever sits at the terminal. */
export function explain(error: unknown, project: string | undefined): string {
  if (!(error instanceof AppError)) return error instanceof Error ? error.message : String(error);
  if (error.code !== 'unavailable') return error.message;
  const hint =
    project !== undefined && isEmulated(project)
      ? 'Is it running? npm start'
      : 'Signed in? gcloud auth application-default login';
  const cause = error.cause instanceof Error ? ` (${error.cause.message})` : '';
  return `Firebase did not answer: ${error.reason}${cause}\n${hint}`;
}
