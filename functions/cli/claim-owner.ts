import { parseArgs } from 'node:util';
import { createClaimCode } from '../src/owner-claim/index.ts';
import type { Command } from './command.ts';
import { connect, explain } from './connect.ts';
import { isEmulated } from './settings.ts';

const USAGE = `Usage: gatehouse claim-owner --project <project id> [--database <id>] [--page <URL>]

Prints a one-time code that makes a signed-in user with a verified e-mail address the first owner. It is valid for an hour; a
new code replaces it. Uses your own Google credentials (gcloud auth application-default login).

      --project <id>    the project; a demo- project means the running emulators
      --database <id>   the Firestore database, if not DATABASE_ID of functions/.env.<project id>
      --page <URL>      the page of Gatehouse, if not https://<project id>.web.app
  -h, --help            this text`;

function readArguments(args: readonly string[]) {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({
    args: [...args],
    options: {
      ...{ project: text, database: text, page: text },
      help: { type: 'boolean', short: 'h' },
    },
  });
  return values;
}

async function run(args: readonly string[]): Promise<number> {
  let project: string | undefined;
  try {
    const values = readArguments(args);
    project = values.project;
    if (values.help || project === undefined) {
      console.log(USAGE);
      return values.help ? 0 : 2;
    }
    const { config, firestore, audit, services } = connect(project, { databaseId: values.database });
    const { directory } = services;
    const code = await createClaimCode({ firestore, audit, directory });
    // Its open connections would keep the process alive.
    await (await firestore()).db.terminate();
    const page =
      values.page ?? (isEmulated(project) ? 'http://127.0.0.1:5002' : `https://${project}.web.app`);
    // The fragment of a URL is sent to no server.
    const link = new URL(`#claim-owner=${code}`, page).href;
    console.log(`${project}, database ${config.databaseId}: a code for the first owner. It is valid for an hour, once.

  ${code}

Open ${link}
and sign in with a verified e-mail address. Without the page: POST /v1/claim-owner with {"code": "…"}.`);
    return 0;
  } catch (error) {
    console.error(explain(error, project));
    process.exit(1);
  }
}

export default { summary: 'make a code for the first owner', run } satisfies Command;
