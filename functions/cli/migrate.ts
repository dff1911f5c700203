import { parseArgs } from 'node:util';
import { MIGRATIONS, migrate } from '../src/directory/index.ts';
import type { Command } from './command.ts';
import { runOnProject } from './connect.ts';

const USAGE = `Usage: gatehouse migrate --project <project id> [--database <id>] [--dry-run] [--restart]

Migrates the stored data to this version, after its functions are deployed. Can be stopped and run again at any time. Uses
your own Google credentials (gcloud auth application-default login).

      --project <id>    the project; a demo- project means the running emulators
      --database <id>   the Firestore database, if not DATABASE_ID of functions/.env.<project id>
      --dry-run         counts and writes nothing
      --restart         runs all migrations again, for example after a roll-back
  -h, --help            this text`;

function readArguments(args: readonly string[]) {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean', default: false } as const;
  const options = { project: text, database: text, 'dry-run': flag, restart: flag };
  const { values } = parseArgs({ args: [...args], options: { ...options, help: { ...flag, short: 'h' } } });
  return values;
}

function run(args: readonly string[]): Promise<number> {
  const read = () => readArguments(args);
  return runOnProject(USAGE, read, async ({ accounts, clock, config, firestore }, values) => {
    const { 'dry-run': dryRun, restart } = values;
    const deps = { open: firestore, accounts, clock };
    const counts = new Map(MIGRATIONS.map(({ version }) => [version, { read: 0, changed: 0 }]));
    for await (const { migration, read, changed, cursor } of migrate(deps, { dryRun, restart })) {
      const { version, summary } = migration;
      const count = counts.get(version) ?? { read: 0, changed: 0 };
      count.read += read;
      count.changed += changed;
      const verb = dryRun ? 'would be changed' : 'were changed';
      const what = `${version} (${summary})`;
      if (cursor === undefined) console.log(`${what}: of ${count.read}, ${count.changed} ${verb}.`);
      else console.error(`${what}: ${count.read} read …`);
    }
    const state = dryRun ? 'A dry run: nothing was written.' : `The data has version ${MIGRATIONS.length}.`;
    console.log(`${config.projectId}, database ${config.databaseId}. ${state}`);
    return 0;
  });
}

export default { summary: 'migrate the stored data to this version', run } satisfies Command;
