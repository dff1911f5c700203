import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';

/** Whether a project is a `demo-` project, which exists only in the emulators. */
export const isEmulated = (project: string) => project.startsWith('demo-');

/**
 * The parameters in the files that the Firebase CLI reads (firebase-tools, lib/functions/env.js): `.env`, `.env.<project id or
 * alias>`, and in the emulators `.env.local`; the last one counts.
 *
 * @param names id of the project, then its aliases
 */
export function readParameterFiles(folder: string, names: readonly string[]) {
  const local = names.some(isEmulated) ? ['.env.local'] : [];
  const files = ['.env', ...new Set(names.map((name) => `.env.${name}`)), ...local]
    .map((name) => join(folder, name))
    .filter((file) => existsSync(file));
  const parameters: Record<string, string> = Object.assign(
    {},
    ...files.map((file) => parseEnv(readFileSync(file, 'utf8'))),
  );
  return { parameters, files };
}

/**
 * The parameters of a project in a clone.
 *
 * @param root folder of firebase.json
 */
export function readSettings(
  project: string,
  root = process.cwd(),
): Readonly<Record<string, string | undefined>> {
  const rc = join(root, '.firebaserc');
  const { projects = {} } = existsSync(rc) ? JSON.parse(readFileSync(rc, 'utf8')) : {};
  const aliases = Object.keys(projects).filter((name) => projects[name] === project);
  return readParameterFiles(join(root, 'functions'), [project, ...aliases]).parameters;
}
