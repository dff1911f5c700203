import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';

/** Whether a project is a `demo-` project, which exists only in the emulators. */
export const isEmulated = (project: string) => project.startsWith('demo-');

/**
 * The parameters of a project in a clone, from the files that the Firebase CLI reads (firebase-tools,
 * lib/functions/env.js): `.env`, `.env.<project id or alias>`, and in the emulators `.env.local`; the last one counts.
 *
 * @param root folder of firebase.json
 */
export function readSettings(
  project: string,
  root = process.cwd(),
): Readonly<Record<string, string | undefined>> {
  const rc = join(root, '.firebaserc');
  const { projects = {} } = existsSync(rc) ? JSON.parse(readFileSync(rc, 'utf8')) : {};
  const alias = Object.keys(projects).find((name) => projects[name] === project);
  const names = [
    ...['.env', `.env.${project}`],
    ...(alias === undefined ? [] : [`.env.${alias}`]),
    ...(isEmulated(project) ? ['.env.local'] : []),
  ];
  const files = names.map((name) => join(root, 'functions', name)).filter((file) => existsSync(file));
  return Object.assign({}, ...files.map((file) => parseEnv(readFileSync(file, 'utf8'))));
}
