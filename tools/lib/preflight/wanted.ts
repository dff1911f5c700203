import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkBasePath } from '../base-path.ts';
import { ROOT } from '../emulator-setup.ts';
import { discover, resolve, settingsIn } from '../firebase-cli.ts';
import { FUNCTIONS } from '../run.ts';
import type { Part } from './items.ts';

export interface IndexSpec {
  readonly collectionGroup: string;
  readonly queryScope?: string;
  readonly fields: readonly {
    readonly fieldPath: string;
    readonly order?: string;
    readonly arrayConfig?: string;
  }[];
}

export interface FieldSpec {
  readonly collectionGroup: string;
  readonly fieldPath: string;
  readonly ttl?: boolean;
  readonly indexes: readonly { readonly order?: string; readonly arrayConfig?: string }[];
}

export interface WantedFunction {
  readonly name: string;
  readonly region: string;
  /** The event of Authentication that it blocks, as Identity Platform names it. */
  readonly blocking?: 'beforeCreate' | 'beforeSignIn' | undefined;
  /** Undefined: the project's default account. */
  readonly serviceAccount: string | undefined;
}

/** What this repository would deploy to a project. */
export interface Wanted {
  readonly projectId: string;
  readonly codebase: string;
  readonly functions: readonly WantedFunction[];
  /** Secrets of Secret Manager that the functions get. */
  readonly secrets: readonly string[];
  readonly databaseId: string;
  /** Where a missing database is created. */
  readonly location: string | undefined;
  readonly rules: string;
  readonly indexes: readonly IndexSpec[];
  readonly fields: readonly FieldSpec[];
  /** The Hosting site of the page; undefined: Hosting is off. */
  readonly site: string | undefined;
  /** The name of the page in `--only hosting:<name>`. */
  readonly target: string | undefined;
  /** Hosting sites that may call the API. */
  readonly callingSites: readonly string[];
  /** The functions that Hosting passes requests on to. */
  readonly rewrites: readonly string[];
  /** Sign-in methods to be switched on. */
  readonly providers: readonly string[];
}

/** The parts of firebase.json and .firebaserc that count here. The CLI checks all of them. */
interface FirebaseJson {
  functions: { source: string; codebase: string; runtime: string; prefix?: string }[];
  firestore: FirestoreEntry | FirestoreEntry[];
  hosting?: HostingEntry | HostingEntry[];
  auth?: { providers?: Record<string, unknown> };
}
interface FirestoreEntry {
  database?: string;
  location?: string;
  rules: string;
}
interface HostingEntry {
  public?: string;
  target?: string;
  site?: string;
  rewrites?: { function?: { functionId: string } }[];
}
interface FirebaseRc {
  projects?: Record<string, string>;
  targets?: Record<string, { hosting?: Record<string, string[]> }>;
}

const {
  Command: { prototype: cli },
}: {
  Command: { prototype: { configstoreProject(folder: string): string | null } };
} = createRequire(`${ROOT}/package.json`)('firebase-tools/lib/command.js');

const read = (file: string) => readFileSync(join(ROOT, file), 'utf8');
const firebaseJson = (): FirebaseJson => JSON.parse(read('firebase.json'));
const firebaseRc = (): FirebaseRc => JSON.parse(read('.firebaserc'));

/** The id of a project that is given by id or by its alias in .firebaserc. By default that of `firebase use`. */
export function projectIdOf(name = cli.configstoreProject(ROOT) ?? 'default'): string {
  const { projects = {} } = firebaseRc();
  return (Object.hasOwn(projects, name) ? projects[name] : undefined) ?? name;
}

/** Stops where the CLI would take other parameters than the preflight, as it knows the project by its id only. */
function refuseParametersOfAlias(projectId: string): void {
  const { projects = {} } = firebaseRc();
  const aliases = Object.keys(projects).filter((name) => projects[name] === projectId && name !== projectId);
  const alias = aliases.find((name) => existsSync(join(FUNCTIONS, `.env.${name}`)));
  if (alias === undefined) return;
  throw new Error(
    `rename functions/.env.${alias} to .env.${projectId}: the Firebase CLI reads it only if the project is named "${alias}"`,
  );
}

/** The page in firebase.json, and the site of the project for it; undefined if there is none. */
function readPage(projectId: string) {
  const page = [firebaseJson().hosting ?? []].flat().find((entry) => entry.public === 'web');
  const { target, site, rewrites = [] } = page ?? {};
  if (page && target === undefined && site === undefined) {
    throw new Error(
      'add "target": "gatehouse" to the page in firebase.json: the Firebase CLI would deploy it to the website of the project',
    );
  }
  const applied = firebaseRc().targets?.[projectId]?.hosting?.[target ?? '']?.[0];
  return { target: target ?? site, site: site ?? applied, rewrites };
}

/** The functions as the CLI finds them in the built code, with the parameters of the project. */
async function readFunctions(projectId: string, settings: Record<string, string>, isNeeded: boolean) {
  const [entry] = firebaseJson().functions.filter(({ source }) => source === 'functions');
  if (!entry) throw new Error('firebase.json has no entry for the folder functions');
  if (!isNeeded) return { codebase: entry.codebase, functions: [] };
  const scratch = mkdtempSync(join(tmpdir(), 'gatehouse-functions-'));
  try {
    const build = await discover(FUNCTIONS, projectId, entry.runtime, scratch);
    const missing = build.params.filter(
      ({ name, type }) => type !== 'secret' && !Object.hasOwn(settings, name),
    );
    if (missing.length > 0) {
      const lines = missing.map(({ name, default: value }) => `${name}=${value ?? ''}`);
      throw new Error(
        `functions/.env.${projectId} must say all that decides what is deployed. Add:\n${lines.join('\n')}`,
      );
    }
    return { codebase: entry.codebase, functions: await resolve(build, projectId, settings, entry.prefix) };
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

const BLOCKING = new Map<string, WantedFunction['blocking']>([
  ['providers/cloud.auth/eventTypes/user.beforeCreate', 'beforeCreate'],
  ['providers/cloud.auth/eventTypes/user.beforeSignIn', 'beforeSignIn'],
]);

/**
 * Reads what the files say. Finding the functions takes seconds: without `functions` and `hosting` there are none.
 *
 * @throws Error if the files contradict each other
 */
export async function readWanted(projectId: string, parts: readonly Part[]): Promise<Wanted> {
  const { firestore, auth } = firebaseJson();
  refuseParametersOfAlias(projectId);
  const settings = settingsIn(FUNCTIONS, projectId);
  const databaseId = settings.DATABASE_ID || '(default)';
  const entries = Array.isArray(firestore) ? firestore : [firestore];
  const entry = entries.find(({ database = '(default)' }) => database === databaseId);
  if (!entry) {
    throw new Error(
      `DATABASE_ID of ${projectId} is ${databaseId}, but firestore.database in firebase.json is ` +
        `${entries.map(({ database = '(default)' }) => database).join()}: rules and indexes would go to the wrong database`,
    );
  }
  if (entries.length > 1 && (parts.includes('rules') || parts.includes('indexes'))) {
    throw new Error(
      'firestore in firebase.json is a list: the Firebase CLI deploys the rules of each. docs/guides/own-database.md',
    );
  }
  const { site, target, rewrites } = readPage(projectId);
  if (site !== undefined && parts.includes('hosting')) checkBasePath(projectId);
  const { codebase, functions } = await readFunctions(
    projectId,
    settings,
    parts.includes('functions') || parts.includes('hosting'),
  );
  const indexes: { indexes: IndexSpec[]; fieldOverrides: FieldSpec[] } = JSON.parse(
    read('firestore.indexes.json'),
  );
  return {
    ...{ projectId, codebase, databaseId, location: entry.location, rules: read(entry.rules) },
    functions: functions.map(({ id, region, serviceAccount, blockingTrigger }) => ({
      ...{ name: id, region, serviceAccount: serviceAccount || undefined },
      blocking: BLOCKING.get(blockingTrigger?.eventType ?? ''),
    })),
    secrets: [
      ...new Set(
        functions.flatMap((one) => one.secretEnvironmentVariables?.map(({ secret }) => secret) ?? []),
      ),
    ],
    ...{ indexes: indexes.indexes, fields: indexes.fieldOverrides, site, target },
    callingSites: [projectId, ...(settings.HOSTING_SITES ?? '').split(',').map((site) => site.trim())],
    rewrites: rewrites.flatMap((rewrite) => rewrite.function?.functionId ?? []),
    providers: Object.entries(auth?.providers ?? {}).flatMap(([name, value]) => (value ? [name] : [])),
  };
}
