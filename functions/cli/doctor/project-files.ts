import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import * as z from 'zod';
import { DEFAULT_DATABASE } from '../../src/distribution.ts';
import { readParameterFiles } from '../settings.ts';

/** The name under which adopters install Gatehouse. */
const PACKAGE = '@gatehouse/functions';

const codebase = z.object({
  source: z.string().default('functions'),
  codebase: z.string().default('default'),
  prefix: z.string().optional(),
  runtime: z.string().optional(),
  configDir: z.string().optional(),
  kit: z.string().optional(),
  sourcePackage: z.object({ name: z.string() }).optional(),
  instances: z.record(z.string(), z.string()).optional(),
});
const database = z.object({
  database: z.string().optional(),
  target: z.string().optional(),
  rules: z.string().optional(),
  indexes: z.string().optional(),
});
const rewrite = z.object({
  source: z.string().optional(),
  glob: z.string().optional(),
  regex: z.string().optional(),
  function: z.union([z.string(), z.object({ functionId: z.string() })]).optional(),
});
const site = z.object({
  site: z.string().optional(),
  target: z.string().optional(),
  rewrites: z.array(rewrite).default([]),
});
/** One or a list, as in firebase.json. */
const listOf = <T extends z.ZodType>(item: T) =>
  z.union([z.array(item), item.transform((one) => [one])]).default([]);

/** What the checks use of firebase.json: https://firebase.google.com/docs/cli#the_firebasejson_file */
const firebaseJson = z.object({
  functions: listOf(codebase),
  firestore: listOf(database),
  hosting: listOf(site),
});
const firebaseRc = z.object({ projects: z.record(z.string(), z.string()).default({}) });
const packageJson = z.object({
  dependencies: z.record(z.string(), z.string()).default({}),
  engines: z.object({ node: z.string().optional() }).optional(),
});

type FirebaseJson = z.infer<typeof firebaseJson>;

/** A codebase, or an instance of a kit, that has Gatehouse in it. */
export interface Installation {
  readonly kind: 'clone' | 'kit' | 'library';
  /** Of a kit, the name of the instance. */
  readonly codebase: string;
  /** Path from the root of the project. */
  readonly source: string;
  /** What the names of its functions begin with. */
  readonly prefix: string;
  readonly runtime: string | undefined;
  /** Range of Node versions in package.json. */
  readonly engine: string | undefined;
  /** Values in the `.env` files, and the paths of these. */
  readonly parameters: Readonly<Record<string, string>>;
  readonly parameterFiles: readonly string[];
  readonly databaseId: string;
}

export interface ProjectFiles {
  /** Folder of firebase.json. */
  readonly root: string;
  readonly projectId: string | undefined;
  readonly firebaseJson: FirebaseJson;
  readonly installations: readonly Installation[];
}

/** A file that cannot be read as what it should be. */
export class UnreadableFile extends Error {}

/**
 * Reads the project around a folder.
 *
 * @param project id or alias; by default the alias `default` of .firebaserc
 * @throws UnreadableFile
 */
export function readProjectFiles(folder: string, project: string | undefined): ProjectFiles {
  const root = findUp(folder, 'firebase.json');
  if (root === undefined) throw new UnreadableFile(`there is no firebase.json in ${folder} or above it`);
  const config = readJson(join(root, 'firebase.json'), firebaseJson);
  const rc = join(root, '.firebaserc');
  const { projects } = existsSync(rc) ? readJson(rc, firebaseRc) : { projects: {} };
  const name = project ?? 'default';
  const projectId = Object.hasOwn(projects, name) ? projects[name] : project;
  const aliases = Object.keys(projects).filter((alias) => projects[alias] === projectId);
  const names = projectId === undefined ? [] : [projectId, ...aliases];
  const installations = config.functions.flatMap((one) => installationsIn(root, one, names));
  return { root, projectId, firebaseJson: config, installations };
}

/** The folder itself, or the nearest one above it, that has the file. */
export function findUp(folder: string, file: string): string | undefined {
  if (existsSync(join(folder, file))) return folder;
  const parent = dirname(folder);
  return parent === folder ? undefined : findUp(parent, file);
}

/** @throws UnreadableFile */
export function readJson<T>(path: string, schema: z.ZodType<T>): T {
  try {
    // The Firebase CLI accepts comments in its files.
    const text = readFileSync(path, 'utf8').replaceAll(
      /("(?:\\.|[^"\\])*")|\/\/[^\n]*|\/\*[\s\S]*?\*\//g,
      (_, string) => string ?? '',
    );
    return schema.parse(JSON.parse(text));
  } catch (cause) {
    const reason = cause instanceof z.ZodError ? z.prettifyError(cause) : String(cause);
    throw new UnreadableFile(`${path}: ${reason}`, { cause });
  }
}

function installationsIn(
  root: string,
  { source, codebase, kit, instances = {}, ...one }: FirebaseJson['functions'][number],
  names: readonly string[],
): Installation[] {
  const found = one.sourcePackage?.name === PACKAGE ? 'kit' : kindOf(join(root, source));
  if (found === undefined) return [];
  const file = join(root, source, 'package.json');
  const engine = existsSync(file) ? readJson(file, packageJson).engines?.node : undefined;
  const common = { source, runtime: one.runtime, engine };
  if (kit === undefined) {
    const settings = readParameters(root, one.configDir ?? source, names);
    const prefix = one.prefix === undefined ? '' : `${one.prefix}-`;
    return [{ ...common, kind: found, codebase, prefix, ...settings }];
  }
  return Object.entries(instances).map(([instance, folder]) => ({
    ...{ ...common, kind: 'kit' as const, codebase: instance, prefix: `kit-${instance}-` },
    ...readParameters(root, folder, names),
  }));
}

function kindOf(source: string): Installation['kind'] | undefined {
  if (existsSync(join(source, 'gatehouse.config.ts'))) return 'clone';
  const file = join(source, 'package.json');
  if (!existsSync(file)) return undefined;
  return Object.hasOwn(readJson(file, packageJson).dependencies, PACKAGE) ? 'library' : undefined;
}

function readParameters(root: string, folder: string, names: readonly string[]) {
  const { parameters, files } = readParameterFiles(join(root, folder), names);
  return {
    parameters,
    parameterFiles: files.map((path) => relative(root, path)),
    databaseId: parameters.DATABASE_ID || DEFAULT_DATABASE,
  };
}

/** Is a name mentioned in the source files of an installation? */
export function isMentioned({ root }: ProjectFiles, { source }: Installation, name: string): boolean {
  const word = new RegExp(`(?<!\\w)${name.replaceAll('.', '\\.')}(?!\\w)`);
  const files = filesIn(join(root, source), /\.[cm]?[jt]s$/);
  return files.some((path) => word.test(readFileSync(path, 'utf8')));
}

const NO_SOURCES = /^(\..*|node_modules|lib|dist|coverage)$/;

/** The files with such names, except those of dependencies and builds. */
function filesIn(folder: string, name: RegExp): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return NO_SOURCES.test(entry.name) ? [] : filesIn(path, name);
    return name.test(entry.name) ? [path] : [];
  });
}

/** What is deployed to a database: absolute paths, as far as there are files. */
export interface DatabaseSettings {
  readonly rules: string | undefined;
  readonly indexes: string | undefined;
}

/**
 * What firebase.json has for the database of an installation. Beside a project's own databases, it is another firebase.json
 * below it, because the emulators do not support several databases in one.
 */
export function databaseSettings(
  { root, firebaseJson: main }: ProjectFiles,
  { databaseId, kind }: Installation,
): DatabaseSettings | undefined {
  const others = () => (kind === 'clone' ? [] : filesIn(root, /^firebase\.json$/));
  const find = (folder: string, { firestore }: Pick<FirebaseJson, 'firestore'>) => {
    const found = firestore.find(({ database = '(default)' }) => database === databaseId);
    const absolute = (path: string | undefined) => path && join(folder, path);
    return found && { rules: absolute(found.rules), indexes: absolute(found.indexes) };
  };
  return (
    find(root, main) ??
    others()
      .map((path) => find(dirname(path), readJson(path, firebaseJson)))
      .find((found) => found !== undefined)
  );
}
