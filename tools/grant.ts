// npm run grant: grants a role with your own Google credentials, without the granting rules of the API: this creates the
// first owner. For a `demo-` project it uses the running emulators.
import { parseArgs } from 'node:util';
import { connect, explain } from '../functions/cli/connect.ts';
import { isEmulated } from '../functions/cli/settings.ts';
import { isRole } from '../functions/src/authz/roles.ts';
import type { DirectoryEntry } from '../functions/src/directory/entry.ts';
import { newIdentity } from '../functions/src/identities/schema.ts';
import {
  grantAsOperator,
  grantToExternalUser,
  type NamedUser,
} from '../functions/src/users/operator-grant.ts';
import { readDeployed } from './lib/deployed.ts';
import { ROOT } from './lib/emulator-setup.ts';
import { readUsage } from './lib/usage.ts';

function readArguments() {
  const text = { type: 'string' } as const;
  const { values, positionals } = parseArgs({
    options: {
      ...{ project: text, uid: text, issuer: text, subject: text },
      force: { type: 'boolean', default: false },
    },
    allowPositionals: true,
  });
  const { project, force, uid, issuer, subject } = values;
  const [role, contact, ...rest] = positionals;
  const ways = [contact, uid, issuer ?? subject].filter((way) => way !== undefined);
  if (!project || !isRole(role) || rest.length > 0 || ways.length !== 1) throw new Error(readUsage('grant'));
  const named: NamedUser | undefined = uid === undefined ? readContact(contact) : { uid };
  if (named) return { project, force, role, named };
  const identity = newIdentity.safeParse({ issuer, subject });
  if (!identity.success) throw new Error(readUsage('grant'));
  return { project, force, role, identity: identity.data };
}

function readContact(contact: string | undefined): NamedUser | undefined {
  if (contact === undefined) return undefined;
  if (contact.includes('@')) return { email: contact };
  if (contact.startsWith('+')) return { phone: contact };
  throw new Error(readUsage('grant'));
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
  const { accounts, clock, services } = connect(project, { root: ROOT });
  return { accounts, clock, directory: services.directory };
}

async function grant(wanted: ReturnType<typeof readArguments>): Promise<DirectoryEntry> {
  const { project, role, force } = wanted;
  if (wanted.identity === undefined) {
    return grantAsOperator(services(project), {
      ...{ role, force, named: wanted.named },
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
  const { email, emailVerified, phoneNumber, grants, uid, identity } = await grant(wanted);
  const who = identity ? `${identity.subject} of ${identity.issuer}` : (email ?? phoneNumber ?? 'user');
  console.log(`${project}: ${who} (${uid}) has the roles: ${grants.map(({ role }) => role).join(', ')}`);
  if (wanted.named?.email !== undefined && !emailVerified) {
    console.warn('This e-mail address is not verified. Make sure that the account is the right one.');
  }
  // Exit now: the SDK keeps connections open.
  process.exit(0);
} catch (error) {
  console.error(explain(error, project));
  process.exit(1);
}
