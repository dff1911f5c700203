// npm run import-users: imports the users of an existing project into the directory, with your own Google credentials.
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { connect, explain } from '../functions/cli/connect.ts';
import { AppError } from '../functions/src/core/errors.ts';
import { type ImportProgress, importUsers, NOTHING } from '../functions/src/directory/import-users.ts';
import type { Account } from '../functions/src/platform/firebase-auth/account.ts';
import { getsDefaultRole, provisionUser } from '../functions/src/sign-up/service.ts';
import { ROOT } from './lib/emulator-setup.ts';
import { readUsage } from './lib/usage.ts';

/** Where a run that was cut short goes on. */
interface Progress {
  readonly pageToken: string;
  readonly imported: ImportProgress;
}

function readArguments() {
  const { values } = parseArgs({
    options: {
      project: { type: 'string' },
      'dry-run': { type: 'boolean', default: false },
      'default-role': { type: 'boolean', default: false },
      restart: { type: 'boolean', default: false },
    },
  });
  const { project, restart } = values;
  if (!project || !/^[a-z0-9-]+$/.test(project)) throw new Error(readUsage('import-users'));
  return { project, dryRun: values['dry-run'], givesDefaultRole: values['default-role'], restart };
}

function progressFile(project: string) {
  const file = join(ROOT, '.gatehouse', `import-users-${project}.json`);
  return {
    read(): Progress | undefined {
      try {
        return JSON.parse(readFileSync(file, 'utf8'));
      } catch {
        return undefined;
      }
    },
    write(progress: Progress): void {
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(`${file}.new`, JSON.stringify(progress));
      renameSync(`${file}.new`, file);
    },
    remove: () => rmSync(file, { force: true }),
  };
}

/** Firebase Auth does not say how many users there are. A thousand a call, counting is quick. */
async function countUsers(accounts: ReturnType<typeof connect>['accounts']): Promise<number> {
  let count = 0;
  let pageToken: string | undefined;
  do {
    const page = await accounts.list(1000, pageToken);
    count += page.accounts.length;
    pageToken = page.nextPageToken;
  } while (pageToken !== undefined);
  return count;
}

function showProgress({ read, imported }: ImportProgress, total: number): void {
  const share = total === 0 ? 1 : Math.min(1, read / total);
  const bar = '█'.repeat(Math.round(share * 30)).padEnd(30, '░');
  const line = `${bar} ${String(Math.round(share * 100)).padStart(3)} %  ${read} of ${total} read, ${imported} new`;
  if (process.stdout.isTTY) process.stdout.write(`\r${line}`);
  else console.log(line);
}

let project: string | undefined;
try {
  const wanted = readArguments();
  project = wanted.project;
  const { dryRun } = wanted;
  const { accounts, clock, config, services } = connect(project, { root: ROOT });
  const { directory } = services;
  const defaultRole = wanted.givesDefaultRole
    ? {
        isFor: getsDefaultRole.bind(undefined, config),
        provision: (account: Account) =>
          provisionUser({ clock, config, directory }, account, { requestId: 'import-users' }),
      }
    : undefined;
  const file = progressFile(project);
  const from = dryRun || wanted.restart ? undefined : file.read();
  if (from) console.log(`Continuing after ${from.imported.read} users; --restart starts from the beginning.`);
  const total = await countUsers(accounts);
  let done = NOTHING;
  const options = { accounts, directory, clock, dryRun, defaultRole, ...(from && { from }) };
  for await (const step of importUsers(options)) {
    done = step.imported;
    if (!dryRun && step.pageToken !== undefined) file.write({ pageToken: step.pageToken, imported: done });
    showProgress(done, total);
  }
  if (!dryRun) file.remove();
  const roles = Object.entries(done.roles).map(([role, count]) => `${count} ${role}`);
  const verb = dryRun ? 'would be imported' : 'were imported';
  const newline = process.stdout.isTTY ? '\n' : '';
  console.log(`${newline}${project}: of ${done.read} users, ${done.imported} ${verb} into the directory.`);
  if (done.skipped > 0)
    console.log(
      `Skipped: ${done.skipped} with ids that Gatehouse does not accept: with a slash, or with hidden characters.`,
    );
  console.log(`Roles that their claims gave them: ${roles.join(', ') || 'none'}.`);
  if (defaultRole) {
    const given = dryRun ? 'would get' : 'got';
    console.log(`${done.admitted} ${given} the default role, ${config.defaultRole}.`);
  }
  // The SDKs keep connections open; nothing is left to do.
  process.exit(0);
} catch (error) {
  // The page token has expired, or the file was edited.
  if (error instanceof AppError && error.code === 'invalid_argument') {
    console.error('The position of the last run is no longer valid: add --restart.');
  } else console.error(explain(error, project));
  process.exit(1);
}
