import { parseArgs } from 'node:util';
import { resyncAll } from '../src/directory/index.ts';
import type { Command } from './command.ts';
import { runOnProject } from './connect.ts';

const USAGE = `Usage: gatehouse resync --project <project id> [--database <id>] [--dry-run] [--delete-missing]

After the directory was restored from a backup: writes the custom claims of all users from it, under new versions, so that no
token from before counts. Users who are disabled in Firebase Auth stay disabled. Can be run again at any time. Uses your own
Google credentials (gcloud auth application-default login).

      --project <id>     the project; a demo- project means the running emulators
      --database <id>    the Firestore database, if not DATABASE_ID of functions/.env.<project id>
      --dry-run          names the users and writes nothing
      --delete-missing   deletes the entries of users who have no account in Firebase Auth any more
  -h, --help             this text`;

function readArguments(args: readonly string[]) {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean', default: false } as const;
  const options = { project: text, database: text, 'dry-run': flag, 'delete-missing': flag };
  const { values } = parseArgs({ args: [...args], options: { ...options, help: { ...flag, short: 'h' } } });
  return values;
}

function run(args: readonly string[]): Promise<number> {
  const read = () => readArguments(args);
  return runOnProject(USAGE, read, async ({ accounts, clock, config, firestore, services }, values) => {
    const { 'dry-run': dryRun, 'delete-missing': deleteMissing } = values;
    const { directory } = services;
    const deps = { open: firestore, accounts, clock, directory, sync: directory.sync };
    const total = { read: 0, resynced: 0, missing: 0, failed: 0 };
    const verb = dryRun ? 'would be ' : '';
    for await (const { read, resynced, missing, failed } of resyncAll(deps, { dryRun, deleteMissing })) {
      total.read += read;
      total.resynced += resynced.length;
      total.missing += missing.length;
      total.failed += failed.length;
      for (const id of resynced) console.log(`${id}: ${verb}synced`);
      for (const id of missing)
        console.log(`${id}: has no account${deleteMissing ? `; ${verb}deleted` : ''}`);
      for (const id of failed)
        console.error(
          `${id}: damaged, not synced, or with roles that this command does not know; run this again`,
        );
    }
    const { projectId, databaseId } = config;
    console.log(
      `${projectId}, database ${databaseId}: of ${total.read} entries, ${total.resynced} ${verb}synced, ${total.missing} without an account, ${total.failed} failed.`,
    );
    return total.failed === 0 ? 0 : 1;
  });
}

export default { summary: 'write all custom claims after a restore', run } satisfies Command;
