import { parseArgs } from 'node:util';
import { ALL_ROLES, isRole } from '../functions/src/authz/roles.ts';
import type { DirectoryEntry } from '../functions/src/directory/entry.ts';
import { grantAsOperator, grantToExternalUser } from '../functions/src/users/operator-grant.ts';
import { newIdentity } from '../functions/src/users/schema.ts';
import { connect, explain, isEmulated } from './lib/connect.ts';
import { readDeployed } from './lib/deployed.ts';

/**
 * Gives somebody a role with your own Google credentials, past the granting rules: how the first owner comes to be.
 * A `demo-` project means the running emulator.
 */
const USAGE = `Usage: npm run grant -- --project <project id> [--force] <${ALL_ROLES.join('|')}> <e-mail>
For somebody of another issuer, instead of the e-mail: --issuer <iss> --subject <sub>`;

function readArguments() {
  const text = { type: 'string' } as const;
  const { values, positionals } = parseArgs({
    options: { project: text, issuer: text, subject: text, force: { type: 'boolean', default: false } },
    allowPositionals: true,
  });
  const { project, force, issuer, subject } = values;
  const [role, email, ...rest] = positionals;
  if (!project || !isRole(role) || rest.length > 0) throw new Error(USAGE);
  if (issuer === undefined && subject === undefined) {
    if (!email?.includes('@')) throw new Error(USAGE);
    return { project, force, role, email };
  }
  const identity = newIdentity.safeParse({ issuer, subject });
  if (!identity.success || email !== undefined) throw new Error(USAGE);
  return { project, force, role, identity: identity.data };
}

/** The one name of an issuer that has two. Whether tokens of it come at all is for the settings to say. */
function nameOf(issuer: string, project: string): string {
  const { issuers } = readDeployed(project);
  const profile = issuers.find(({ accepts }) => accepts.some((accepted) => accepted.issuer === issuer));
  if (profile) return profile.issuer;
  const names = issuers.map((one) => one.issuer).join(', ') || 'none';
  throw new Error(
    `${issuer} is not in trustedIssuers of functions/gatehouse.config.ts for ${project}, character by character: ${names}`,
  );
}

async function grant(wanted: ReturnType<typeof readArguments>): Promise<DirectoryEntry> {
  const { project, role, force } = wanted;
  if (wanted.identity === undefined) {
    return grantAsOperator(connect(project), {
      ...{ role, force, email: wanted.email },
      unverified: isEmulated(project),
    });
  }
  const { issuer, subject } = wanted.identity;
  // Issuers on this machine come and go with `npm start -- --with-issuers`, which sets them itself.
  const name = isEmulated(project) ? issuer : nameOf(issuer, project);
  return grantToExternalUser(connect(project), { role, force, issuer: name, subject });
}

let project: string | undefined;
try {
  const wanted = readArguments();
  project = wanted.project;
  const { email, emailVerified, grants, uid, identity } = await grant(wanted);
  const who = identity === undefined ? email : `${identity.subject} of ${identity.issuer}`;
  console.log(`${project}: ${who} (${uid}) now is ${grants.map(({ role }) => role).join(', ')}.`);
  if (identity === undefined && !emailVerified) {
    console.warn('This address is not verified: make sure that the account is theirs.');
  }
  // The SDK keeps connections open; nothing is left to do.
  process.exit(0);
} catch (error) {
  console.error(explain(error, project));
  process.exit(1);
}
