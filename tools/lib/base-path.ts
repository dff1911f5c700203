import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type HostingEntry, isFor } from '../../functions/cli/hosting-entry.ts';
import { readSettings } from '../../functions/cli/settings.ts';
import { DEFAULT_BASE_PATH } from '../../functions/src/distribution.ts';
import { ROOT } from './emulator-setup.ts';

/** A rewrite or an entry of the headers. */
interface Entry extends HostingEntry {
  readonly function?: unknown;
  readonly run?: unknown;
}

/** A site in `hosting` of firebase.json. */
export interface Site {
  readonly rewrites?: readonly Entry[];
  readonly headers?: readonly Entry[];
}

/** BASE_PATH of a project. @throws Error if firebase.json was not changed with it */
export function checkBasePath(project: string): string {
  const { BASE_PATH = DEFAULT_BASE_PATH } = readSettings(project, ROOT);
  const { hosting = [] } = JSON.parse(readFileSync(join(ROOT, 'firebase.json'), 'utf8'));
  const mismatch = mismatchOf(hosting, BASE_PATH);
  if (mismatch !== undefined)
    throw new Error(`BASE_PATH of ${project} is ${BASE_PATH}, but in firebase.json ${mismatch}`);
  return BASE_PATH;
}

/** What in `hosting` does not fit to a base path; undefined if nothing. Sites without rewrites are left out. */
export function mismatchOf(hosting: Site | readonly Site[], basePath: string): string | undefined {
  const path = `${basePath}/me`;
  const sites = [hosting].flat().filter(({ rewrites = [] }) => rewrites.length > 0);
  const isPassedOn = ({ rewrites = [] }: Site) => {
    const first = rewrites.find((one) => isFor(one, path));
    return first?.function !== undefined || first?.run !== undefined;
  };
  if (sites.length > 0 && !sites.some(isPassedOn))
    return `no rewrite passes ${basePath}/** on to the function`;
  const header = sites.flatMap(({ headers = [] }) => headers).find((one) => isFor(one, path));
  return (
    header &&
    `the headers of the page, for "${header.source ?? header.glob ?? header.regex}", include ${basePath}/**`
  );
}
