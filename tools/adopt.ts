import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { type Adopted, adoptUsers } from '../functions/src/access/adopt-users.ts';
import { AppError } from '../functions/src/errors.ts';
import { connect, explain } from './lib/connect.ts';
import { ROOT } from './lib/emulator-setup.ts';

/** Enters the users of a project that was there before Gatehouse in the directory, with your own Google credentials. */
const USAGE = 'Usage: npm run adopt -- --project <project id> [--dry-run] [--restart]';

/** Where a run that was cut short goes on. */
interface Progress {
  readonly pageToken: string;
  readonly adopted: Adopted;
}

function readArguments() {
  const { values } = parseArgs({
    options: {
      project: { type: 'string' },
      'dry-run': { type: 'boolean', default: false },
      restart: { type: 'boolean', default: false },
    },
  });
  const { project, restart } = values;
  if (!project || !/^[a-z0-9-]+$/.test(project)) throw new Error(USAGE);
  return { project, dryRun: values['dry-run'], restart };
}

function progressFile(project: string) {
  const file = join(ROOT, '.gatehouse', `adopt-${project}.json`);
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

function showProgress({ seen, adopted }: Adopted, total: number): void {
  const share = total === 0 ? 1 : Math.min(1, seen / total);
  const bar = '█'.repeat(Math.round(share * 30)).padEnd(30, '░');
  const line = `${bar} ${String(Math.round(share * 100)).padStart(3)} %  ${seen} of ${total} seen, ${adopted} new`;
  if (process.stdout.isTTY) process.stdout.write(`\r${line}`);
  else console.log(line);
}

let project: string | undefined;
try {
  const wanted = readArguments();
  project = wanted.project;
  const { dryRun } = wanted;
  const { accounts, directory, clock } = connect(project);
  const file = progressFile(project);
  const from = dryRun || wanted.restart ? undefined : file.read();
  if (from) console.log(`Going on after ${from.adopted.seen} users; --restart begins anew.`);
  const total = await countUsers(accounts);
  let done: Adopted = { seen: 0, adopted: 0, odd: 0, roles: {} };
  for await (const step of adoptUsers({ accounts, directory, clock, dryRun, ...(from && { from }) })) {
    done = step.adopted;
    if (!dryRun && step.pageToken !== undefined) file.write({ pageToken: step.pageToken, adopted: done });
    showProgress(done, total);
  }
  if (!dryRun) file.remove();
  const roles = Object.entries(done.roles).map(([role, count]) => `${count} ${role}`);
  const verb = dryRun ? 'would be entered' : 'were entered';
  const newline = process.stdout.isTTY ? '\n' : '';
  console.log(`${newline}${project}: of ${done.seen} users, ${done.adopted} ${verb} in the directory.`);
  if (done.odd > 0)
    console.log(`Passed over: ${done.odd} whose ids no document can have, e.g. with a slash.`);
  console.log(`Roles that their claims gave them: ${roles.join(', ') || 'none'}.`);
  // The SDKs keep connections open; nothing is left to do.
  process.exit(0);
} catch (error) {
  // A page token that has run out, or a file that somebody edited.
  if (error instanceof AppError && error.code === 'invalid_argument') {
    console.error('The place where the last run stopped is no longer known: add --restart.');
  } else console.error(explain(error, project));
  process.exit(1);
}
