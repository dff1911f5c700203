import { parseArgs } from 'node:util';
import { AppError } from '../src/core/errors.ts';
import { type ImportProgress, importUsers, NOTHING } from '../src/directory/import-users.ts';
import type { Account } from '../src/platform/firebase-auth/account.ts';
import { getsDefaultRole, provisionUser } from '../src/sign-up/service.ts';
import { type MapOptions, parseClaimRule } from '../src/users/claim-roles.ts';
import type { Command } from './command.ts';
import { connect, explain } from './connect.ts';
import { progressFile } from './import/progress.ts';
import { surveyUsers, takeOverRoles } from './import/take-over.ts';

/** As `tools/usage/import-users.txt`, which `npm run import-users -- --help` prints before anything is installed. */
export const USAGE = `Usage: gatehouse import-users --project <project id> [options]

Creates directory entries for the existing users of a project, with your own Google credentials. Repeat it at any time.

      --project <id>         the project; a demo- project means the running emulators
      --database <id>        the Firestore database, if not DATABASE_ID of functions/.env.<project id>
      --dry-run              shows what it would do and writes nothing
      --map <claim>=<role>   grants a role to users with a custom claim of other code; repeat it for each role:
                             admin=admin for {"admin": true}, role:editor=support for {"role": "editor"},
                             roles:editor=support for {"roles": ["editor", …]}
      --confirm-owners <n>   with a map to owner: the number of users who become owner, as the dry run shows it
      --force                --map also grants to disabled users, and privileged roles without a verified address
      --default-role         gives the default role to users whom the sign-up policy admits and who never had roles
      --restart              begins again instead of continuing an interrupted run
  -h, --help                 this text`;

function readArguments(args: readonly string[]) {
  const { values } = parseArgs({
    args: [...args],
    options: {
      project: { type: 'string' },
      database: { type: 'string' },
      'dry-run': { type: 'boolean', default: false },
      map: { type: 'string', multiple: true, default: [] },
      'confirm-owners': { type: 'string', default: '0' },
      force: { type: 'boolean', default: false },
      'default-role': { type: 'boolean', default: false },
      restart: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  return { ...values, dryRun: values['dry-run'], rules: values.map.map(parseClaimRule) };
}

function showProgress({ read, imported }: ImportProgress, total: number): void {
  const share = total === 0 ? 1 : Math.min(1, read / total);
  const bar = '█'.repeat(Math.round(share * 30)).padEnd(30, '░');
  const line = `${bar} ${String(Math.round(share * 100)).padStart(3)} %  ${read} of ${total} read, ${imported} new`;
  if (process.stdout.isTTY) process.stdout.write(`\r${line}`);
  else console.log(line);
}

/** @throws Error unless the operator has named the number of users who become owner */
function confirmOwners(owners: ReadonlyMap<string, string>, confirmed: string): void {
  if (owners.size === 0 || confirmed === String(owners.size)) return;
  const users = [...owners.values()].map((user) => `  ${user}`).join('\n');
  throw new Error(
    `New owners, who may do everything: ${owners.size}\n${users}\nAdd --confirm-owners ${owners.size} if this is right.`,
  );
}

async function importAll(project: string, wanted: ReturnType<typeof readArguments>): Promise<void> {
  const { dryRun, rules, map, force } = wanted;
  const instance = connect(project, { databaseId: wanted.database });
  const { accounts, clock, config, services } = instance;
  const { directory } = services;
  const run = { database: config.databaseId, map, force, defaultRole: wanted['default-role'] };
  const file = progressFile(project, run);
  const from = dryRun || wanted.restart ? undefined : file.read();
  if (from) console.log(`Continuing after ${from.imported.read} users; --restart starts from the beginning.`);

  const { total, claims, owners } = await surveyUsers(instance, { rules, force });
  if (!dryRun) confirmOwners(owners, wanted['confirm-owners']);
  const options: MapOptions = { rules, force, owners: new Set(owners.keys()) };
  const takeOver = rules.length > 0 ? takeOverRoles(instance, options) : undefined;
  const defaultRole = wanted['default-role']
    ? {
        isFor: getsDefaultRole.bind(undefined, config),
        provision: (account: Account) =>
          provisionUser({ clock, config, directory }, account, { requestId: 'import-users' }),
      }
    : undefined;

  let done = NOTHING;
  const mapping = takeOver?.source;
  for await (const step of importUsers({
    ...{ accounts, directory, clock, dryRun, defaultRole, mapping },
    ...(from && { from }),
  })) {
    done = step.imported;
    if (!dryRun && step.pageToken !== undefined) file.write({ pageToken: step.pageToken, imported: done });
    showProgress(done, total);
  }
  if (!dryRun) file.remove();

  const roles = Object.entries(done.roles).map(([role, count]) => `${count} ${role}`);
  const newline = process.stdout.isTTY ? '\n' : '';
  console.log(
    `${newline}${project}: of ${done.read} users, ${done.imported} ${dryRun ? 'would be imported' : 'were imported'} into the directory.`,
  );
  if (done.skipped > 0)
    console.log(
      `Skipped: ${done.skipped} with ids that Gatehouse does not accept: with a slash, or with hidden characters.`,
    );
  console.log(`Roles that their claims gave them: ${roles.join(', ') || 'none'}.`);
  for (const line of takeOver?.lines(dryRun ? 'would grant' : 'granted') ?? []) console.log(line);
  if (defaultRole) {
    console.log(`${done.admitted} ${dryRun ? 'would get' : 'got'} the default role, ${config.defaultRole}.`);
  }
  const unmapped = claims.lines();
  if (unmapped.length > 0)
    console.log('Custom claims of other code that no --map names, which stay as they are:');
  for (const line of unmapped) console.log(`  ${line}`);
  if (claims.replaced > 0)
    console.log(
      `${claims.replaced} users have a claim roles, rv or rx of other code. Gatehouse replaces it when the user gets a role: change the code that reads it first.`,
    );
}

async function run(args: readonly string[]): Promise<number> {
  let project: string | undefined;
  try {
    const wanted = readArguments(args);
    project = wanted.project;
    if (wanted.help) {
      console.log(USAGE);
      return 0;
    }
    if (!project || !/^[a-z0-9-]+$/.test(project)) throw new Error(USAGE);
    await importAll(project, wanted);
    // The SDKs keep connections open; nothing is left to do.
    process.exit(0);
  } catch (error) {
    // The page token has expired, or the file was edited.
    const isLost = error instanceof AppError && error.code === 'invalid_argument' && project !== undefined;
    console.error(
      isLost ? 'The position of the last run is no longer valid: add --restart.' : explain(error, project),
    );
    process.exit(1);
  }
}

export default { summary: 'import the users of a project into the directory', run } satisfies Command;
