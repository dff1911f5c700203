// npm run grant: grants a role with your own Google credentials, without the granting rules of the API: this creates the
// first owner. For a `demo-` project it uses the running emulators.
import { parseArgs } from 'node:util';
import { isRole } from '../functions/src/authz/roles.ts';
import type { DirectoryEntry } from '../functions/src/directory/entry.ts';
import { grantAsOperator, grantToExternalUser } from '../functions/src/users/operator-grant.ts';
import { newIdentity } from '../functions/src/users/schema.ts';
import { connect, explain, isEmulated } from './lib/connect.ts';
import { readDeployed } from './lib/deployed.ts';
import { readUsage } from './lib/usage.ts';

function readArguments() {
  const text = { type: 'string' } as const;
  const { values, positionals } = parseArgs({
    options: { project: text, issuer: text, subject: text, force: { type: 'boolean', default: false } },
    allowPositionals: true,
  });
  const { project, force, issuer, subject } = values;
  const [role, email, ...rest] = positionals;
  if (!project || !isRole(role) || rest.length > 0) throw new Error(readUsage('grant'));
  if (issuer === undefined && subject === undefined) {
    if (!email?.includes('@')) throw new Error(readUsage('grant'));
    return { project, force, role, email };
  }
  const identity = newIdentity.safeParse({ issuer, subject });
  if (!identity.success || email !== undefined) throw new Error(readUsage('grant'));
  return { project, force, role, identity: identity.data };
}

/** The main name of a trusted issuer: an issuer can have two names. @throws Error if the project does not trust it */
function nameOf(issuer: string, project: string): string {
  const { issuers } = readDeployed(project);
  const profile = issuers.find(({ accepts }) => accepts.some((accepted) => accepted.issuer === issuer));
  if (profile) return profile.issuer;
  const names = issuers.map((one) => one.issuer).join(', ') || 'none';
  throw new Error(
    `${issuer} is not in trustedIssuers of functions/gatehouse.config.ts for ${project}, character by character: ${names}`,
  );
}

function services(project: string) {
  const { accounts, clock, services } = connect(project);
  return { accounts, clock, directory: services.directory };
}

async function grant(wanted: ReturnType<typeof readArguments>): Promise<DirectoryEntry> {
  const { project, role, force } = wanted;
  if (wanted.identity === undefined) {
    return grantAsOperator(services(project), {
      ...{ role, force, email: wanted.email },
      unverified: isEmulated(project),
    });
  }
  const { issuer, subject } = wanted.identity;
  // The emulators trust the local issuers of `npm start -- --with-issuers`, which no settings file lists.
  const name = isEmulated(project) ? issuer : nameOf(issuer, project);
  return grantToExternalUser(services(project), { role, force, issuer: name, subject });
}

let project: string | undefined;
try {
  const wanted = readArguments();
  project = wanted.project;
  const { email, emailVerified, grants, uid, identity } = await grant(wanted);
  const who = identity === undefined ? email : `${identity.subject} of ${identity.issuer}`;
  console.log(`${project}: ${who} (${uid}) has the roles: ${grants.map(({ role }) => role).join(', ')}`);
  if (identity === undefined && !emailVerified) {
    console.warn('This e-mail address is not verified. Make sure that the account is the right one.');
  }
  // Exit now: the SDK keeps connections open.
  process.exit(0);
} catch (error) {
  console.error(explain(error, project));
  process.exit(1);
}
