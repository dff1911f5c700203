import { parseArgs } from 'node:util';
import { ALL_ROLES, isRole } from '../functions/src/authz/roles.ts';
import { loadConfig } from '../functions/src/config.ts';
import { createDeps } from '../functions/src/deps.ts';
import { AppError } from '../functions/src/errors.ts';
import { grantAsOperator } from '../functions/src/users/first-roles.ts';

/**
 * Gives somebody a role with your own Google credentials, past the granting rules: how the first owner comes to be.
 * A `demo-` project means the running emulator.
 */
const USAGE = `Usage: npm run grant -- --project <project id> [--force] <${ALL_ROLES.join('|')}> <e-mail>`;

function readArguments() {
  const options = { project: { type: 'string' }, force: { type: 'boolean', default: false } } as const;
  const { values, positionals } = parseArgs({ options, allowPositionals: true });
  const [role, email, ...rest] = positionals;
  if (!values.project || !isRole(role) || !email?.includes('@') || rest.length > 0) throw new Error(USAGE);
  return { project: values.project, force: values.force, role, email };
}

const isEmulated = (project: string) => project.startsWith('demo-');

function connect(project: string) {
  const emulator = isEmulated(project);
  if (emulator) {
    process.env.FIREBASE_AUTH_EMULATOR_HOST ??= '127.0.0.1:9099';
    process.env.FIRESTORE_EMULATOR_HOST ??= '127.0.0.1:8080';
  }
  // With a person's credentials the API wants to know whose quota it is.
  else process.env.GOOGLE_CLOUD_QUOTA_PROJECT ??= project;
  const { env } = process;
  return createDeps(loadConfig({ ...env, GCLOUD_PROJECT: project, FUNCTIONS_EMULATOR: String(emulator) }));
}

function explain(error: unknown, project: string | undefined): string {
  if (!(error instanceof AppError)) return error instanceof Error ? error.message : String(error);
  if (error.code !== 'unavailable') return error.message;
  const hint = project?.startsWith('demo-')
    ? 'Is it running? npm start'
    : 'Signed in? gcloud auth application-default login';
  const cause = error.cause instanceof Error ? ` (${error.cause.message})` : '';
  return `Firebase did not answer: ${error.reason}${cause}\n${hint}`;
}

let project: string | undefined;
try {
  const wanted = readArguments();
  project = wanted.project;
  const unverified = isEmulated(project);
  const { email, emailVerified, grants, uid } = await grantAsOperator(connect(project), {
    ...wanted,
    unverified,
  });
  console.log(`${project}: ${email} (${uid}) now is ${grants.map(({ role }) => role).join(', ')}.`);
  if (!emailVerified) console.warn('This address is not verified: make sure that the account is theirs.');
  // The SDK keeps connections open; nothing is left to do.
  process.exit(0);
} catch (error) {
  console.error(explain(error, project));
  process.exit(1);
}
