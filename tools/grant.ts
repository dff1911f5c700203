import { parseArgs } from 'node:util';
import { ALL_ROLES, isRole } from '../functions/src/authz/roles.ts';
import { grantAsOperator } from '../functions/src/users/first-roles.ts';
import { connect, explain, isEmulated } from './lib/connect.ts';

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
