import { createInterface } from 'node:readline/promises';
import type { ProjectAccess } from '../../../functions/cli/project/request.ts';
import type { Item } from './items.ts';
import { type Live, readLive } from './live.ts';
import { logIn } from './login.ts';
import { type PlanOptions, planDeployment } from './plan.ts';
import { readWanted, type Wanted } from './wanted.ts';

export interface PreflightOptions extends PlanOptions {
  projectId: string;
  /** Print only what stops the deployment. */
  isQuiet: boolean;
  isDryRun?: boolean;
  /** How to accept keys without a terminal. */
  hint: (keys: string) => string;
  /** The login of the Firebase CLI, if there are several. */
  account?: string | undefined;
}

export interface Preflight {
  wanted: Wanted;
  live: Live;
  items: Item[];
  /** With the answers. */
  accepted: ReadonlySet<string>;
}

const line = ({ action, what, why }: Item) => `  ${action.padEnd(8)} ${what}${why ? `: ${why}` : ''}`;

function print({ projectId, databaseId }: Wanted, items: readonly Item[]): void {
  console.log(`Project ${projectId}, Firestore database ${databaseId}:`);
  const unchanged = items.filter(({ action, why }) => action === 'leave' && !why);
  for (const item of items) if (!unchanged.includes(item)) console.log(line(item));
  if (unchanged.length > 0) console.log(`  leave    ${unchanged.length} more as they are`);
}

/** Asks about each item. @returns those that are not answered with yes */
export async function ask(
  items: readonly Item[],
  input: NodeJS.ReadableStream = process.stdin,
  output: NodeJS.WritableStream = process.stdout,
): Promise<Item[]> {
  const terminal = createInterface({ input, output });
  const left: Item[] = [];
  try {
    for (const item of items) {
      const { action, what, why } = item;
      const answer = await terminal.question(`${action} ${what}? ${why ?? ''} [y/N] `);
      if (!/^y(es)?$/i.test(answer.trim())) left.push(item);
    }
  } finally {
    terminal.close();
  }
  return left;
}

/**
 * Reads the project, prints what a deployment would do to it, and asks before it replaces what others made.
 *
 * @throws Error if the deployment must not start
 */
export async function preflight(options: PreflightOptions): Promise<Preflight> {
  const { projectId, parts, isInteractive, isQuiet, isDryRun, hint } = options;
  const [wanted, accessToken] = await Promise.all([
    readWanted(projectId, parts),
    logIn(projectId, options.account),
  ]);
  const access: ProjectAccess = { projectId, accessToken };
  const live = await readLive(access, wanted, parts);
  const items = planDeployment(wanted, live, options);
  if (!isQuiet) print(wanted, items);
  const refused = items.filter(({ action }) => action === 'refuse');
  if (refused.length > 0) throw new Error(`not deployed:\n${refused.map(line).join('\n')}`);
  const open = items.filter(({ key }) => key !== undefined && !options.accepted.has(key));
  const left = isInteractive && !isDryRun ? await ask(open) : open;
  if (left.length > 0) {
    const keys = [...new Set(left.map(({ key }) => key))].join();
    throw new Error(`not deployed. ${hint(keys)}\n${left.map(line).join('\n')}`);
  }
  const accepted = new Set([...options.accepted, ...open.flatMap(({ key }) => key ?? [])]);
  return { wanted, live, items, accepted };
}
