import { parseArgs } from 'node:util';
import { isRole } from '../src/authz/roles.ts';
import type { DirectoryEntry } from '../src/directory/entry.ts';
import { newIdentity } from '../src/identities/schema.ts';
import { grantAsOperator, grantToExternalUser, type NamedUser } from '../src/users/operator-grant.ts';
import type { Command } from './command.ts';
import { connect, explain } from './connect.ts';
import { isEmulated } from './settings.ts';

/** As `tools/usage/grant.txt`, which `npm run grant -- --help` prints before anything is installed. */
export const USAGE = `Usage: gatehouse grant --project <project id> [options] <role> <e-mail or phone number>
       gatehouse grant --project <project id> [options] <role> --uid <uid>
       gatehouse grant --project <project id> [options] <role> --issuer <iss> --subject <sub>

Gives a user a role, with your own Google credentials. An e-mail address may be that of any sign-in provider; a phone number
is like +4930123456.

      --project <id>    the project; a demo- project means the running emulators
      --database <id>   the Firestore database, if not DATABASE_ID of functions/.env.<project id>
      --uid <uid>       uid of a Firebase user, for example of one who has no address
      --issuer <iss>    issuer of an external user, as the configuration names it
      --subject <sub>   subject of an external user
      --force           makes a second owner, or accepts an account that is disabled or has no verified e-mail address
  -h, --help            this text`;

function readArguments(args: readonly string[]) {
  const text = { type: 'string' } as const;
  const { values, positionals } = parseArgs({
    args: [...args],
    options: {
      ...{ project: text, database: text, uid: text, issuer: text, subject: text },
      force: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
    allowPositionals: true,
  });
  return { ...values, positionals };
}

function readWanted({ positionals, uid, issuer, subject }: ReturnType<typeof readArguments>) {
  const [role, contact, ...rest] = positionals;
  const ways = [contact, uid, issuer ?? subject].filter((way) => way !== undefined);
  if (!isRole(role) || rest.length > 0 || ways.length !== 1) throw new Error(USAGE);
  const named: NamedUser | undefined = uid === undefined ? readContact(contact) : { uid };
  if (named) return { role, named };
  const identity = newIdentity.safeParse({ issuer, subject });
  if (!identity.success) throw new Error(USAGE);
  return { role, identity: identity.data };
}

function readContact(contact: string | undefined): NamedUser | undefined {
  if (contact === undefined) return undefined;
  if (contact.includes('@')) return { email: contact };
  if (contact.startsWith('+')) return { phone: contact };
  throw new Error(USAGE);
}

async function grant(
  { accounts, clock, config, services }: ReturnType<typeof connect>,
  { role, named, identity, force }: ReturnType<typeof readWanted> & { force: boolean },
): Promise<DirectoryEntry> {
  const deps = { accounts, clock, directory: services.directory };
  const { projectId } = config;
  if (identity === undefined)
    return grantAsOperator(deps, { role, force, named, unverified: isEmulated(projectId) });
  const { issuer, subject } = identity;
  // An issuer can have two names; the first is in the id of the user.
  const trusted = config.trustedIssuers.find(({ accepts }) => accepts.some((one) => one.issuer === issuer));
  // The emulators trust the local issuers of `npm start -- --with-issuers`, which no settings file lists.
  if (trusted === undefined && !isEmulated(projectId)) {
    const names = config.trustedIssuers.map((one) => one.issuer).join(', ') || 'none';
    throw new Error(
      `${issuer} is not in trustedIssuers of the configuration for ${projectId}, character by character: ${names}`,
    );
  }
  return grantToExternalUser(deps, { role, force, issuer: trusted?.issuer ?? issuer, subject });
}

async function run(args: readonly string[]): Promise<number> {
  let project: string | undefined;
  try {
    const values = readArguments(args);
    project = values.project;
    if (values.help) {
      console.log(USAGE);
      return 0;
    }
    if (!project) throw new Error(USAGE);
    const wanted = readWanted(values);
    const instance = connect(project, { databaseId: values.database });
    const { email, emailVerified, phoneNumber, grants, uid, identity } = await grant(instance, {
      ...wanted,
      force: values.force,
    });
    const who = identity ? `${identity.subject} of ${identity.issuer}` : (email ?? phoneNumber ?? 'user');
    const roles = grants.map(({ role }) => role).join(', ');
    const { databaseId } = instance.config;
    console.log(`${project}, database ${databaseId}: ${who} (${uid}) has the roles: ${roles}`);
    if (wanted.named?.email !== undefined && !emailVerified) {
      console.warn('This e-mail address is not verified. Make sure that the account is the right one.');
    }
    // Exit now: the SDK keeps connections open.
    process.exit(0);
  } catch (error) {
    console.error(explain(error, project));
    process.exit(1);
  }
}

export default { summary: 'give a user a role, for example the first owner', run } satisfies Command;
