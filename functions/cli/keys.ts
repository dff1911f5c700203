import { parseArgs } from 'node:util';
import { generateMfaKey } from '../src/core/mfa-keys.ts';
import { rotateKeys } from '../src/mfa/rotate-keys.ts';
import type { Command } from './command.ts';
import { runOnProject } from './connect.ts';
import { readDeployedKeys } from './mfa-keys.ts';

const USAGE = `Usage: gatehouse keys generate mfa
       gatehouse keys rotate mfa --project <project id> [--database <id>] [--dry-run]

generate prints a new key for the secret MFA_ENCRYPTION_KEYS. rotate encrypts the secrets of all second factors with the first
key that the deployed functions have. It can be stopped and run again at any time, while users enrol and sign in. Uses your
own Google credentials (gcloud auth application-default login).

      --project <id>    the project; a demo- project means the running emulators
      --database <id>   the Firestore database, if not DATABASE_ID of functions/.env.<project id>
      --dry-run         counts and writes nothing
  -h, --help            this text`;

function readArguments(args: readonly string[]) {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean', default: false } as const;
  const options = { project: text, database: text, 'dry-run': flag, help: { ...flag, short: 'h' } };
  const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
  const what = positionals.join(' ');
  if (what !== 'rotate mfa' && !values.help) throw new Error(USAGE);
  return values;
}

async function run(args: readonly string[]): Promise<number> {
  if (args.join(' ') === 'generate mfa') {
    console.log(generateMfaKey());
    return 0;
  }
  const read = () => readArguments(args);
  return runOnProject(USAGE, read, async ({ config, firestore }, { 'dry-run': dryRun }) => {
    const { projectId, databaseId } = config;
    const keys = await readDeployedKeys(projectId, databaseId);
    const failed = new Set<string>();
    let rotated = 0;
    for await (const page of rotateKeys({ open: firestore, keys }, { dryRun })) {
      rotated += page.rotated;
      for (const id of page.failed) failed.add(id);
      console.error(`${rotated} …`);
    }
    for (const id of failed) console.error(`factor ${id}: none of the keys decrypts its secret`);
    const verb = dryRun ? 'would be encrypted' : 'were encrypted';
    const more = failed.size > 0 ? ` ${failed.size} could not.` : '';
    console.log(
      `${projectId}, database ${databaseId}: ${rotated} secrets ${verb} with the key ${keys[0]?.id}.${more}`,
    );
    return failed.size > 0 ? 1 : 0;
  });
}

export default { summary: 'generate and rotate the keys of second factors', run } satisfies Command;
