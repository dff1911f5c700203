import { existsSync, readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { createClaimCode } from '../src/owner-claim/index.ts';
import type { Command } from './command.ts';
import { runOnProject } from './connect.ts';
import { isEmulated } from './settings.ts';

const USAGE = `Usage: gatehouse claim-owner --project <project id> [--database <id>] [--page <URL>]

Prints a one-time code that makes a signed-in user with a verified e-mail address the first owner. It is valid for an hour; a
new code replaces it. Uses your own Google credentials (gcloud auth application-default login).

      --project <id>    the project; a demo- project means the running emulators
      --database <id>   the Firestore database, if not DATABASE_ID of functions/.env.<project id>
      --page <URL>      the page of Gatehouse, if not on the Hosting site that .firebaserc has for the target gatehouse
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

/** The address of the page; undefined for a project without one: docs/guides/deploy.md#the-page. */
export function pageOf(project: string, root = '.'): string | undefined {
  if (isEmulated(project)) return 'http://localhost:5002'; // as `npm start` prints it: a sign-in belongs to one host
  const file = `${root}/.firebaserc`;
  if (!existsSync(file)) return undefined;
  const [site] = JSON.parse(readFileSync(file, 'utf8')).targets?.[project]?.hosting?.gatehouse ?? [];
  return site === undefined ? undefined : `https://${site}.web.app`;
}

function run(args: readonly string[]): Promise<number> {
  const read = () => readArguments(args);
  return runOnProject(USAGE, read, async ({ config, firestore, audit, services }, values) => {
    const { projectId, databaseId } = config;
    // Before there is a code: a wrong URL throws.
    const page = values.page === undefined ? pageOf(projectId) : new URL(values.page).href;
    const code = await createClaimCode({ firestore, audit, directory: services.directory });
    // The fragment of a URL is sent to no server.
    const link = page && `Open ${new URL(`#claim-owner=${code}`, page).href}\nand sign in, or `;
    console.log(`${projectId}, database ${databaseId}: a code for the first owner. It is valid for an hour, once.

  ${code}

${link ?? ''}POST {"code": "…"} to /v1/claim-owner with an ID token. The user needs a verified e-mail address.`);
    return 0;
  });
}

export default { summary: 'make a code for the first owner', run } satisfies Command;
