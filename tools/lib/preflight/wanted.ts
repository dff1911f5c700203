import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
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
  readonly databaseId: string;
  /** Where a missing database is created. */
  readonly location: string | undefined;
  readonly rules: string;
  readonly indexes: readonly IndexSpec[];
  readonly fields: readonly FieldSpec[];
  /** The Hosting site of the page; undefined: Hosting is off. */
  readonly site: string | undefined;
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
  hosting?: { target?: string; site?: string; rewrites?: { function?: { functionId: string } }[] };
  auth?: { providers?: Record<string, unknown> };
}
interface FirestoreEntry {
  database?: string;
  location?: string;
  rules: string;
}
interface FirebaseRc {
  projects: Record<string, string>;
  targets?: Record<string, { hosting?: Record<string, string[]> }>;
}

const read = (file: string) => readFileSync(join(ROOT, file), 'utf8');
export const firebaseJson = (): FirebaseJson => JSON.parse(read('firebase.json'));
const firebaseRc = (): FirebaseRc => JSON.parse(read('.firebaserc'));

/** The id of a project that is given by id or by its alias in .firebaserc. */
export function projectIdOf(name: string): string {
  const { projects } = firebaseRc();
  return (Object.hasOwn(projects, name) ? projects[name] : undefined) ?? name;
}

/** The site that the Hosting target of firebase.json is applied to; undefined for a project without one. */
function siteOf(projectId: string): string | undefined {
  const { hosting } = firebaseJson();
  return hosting?.site ?? firebaseRc().targets?.[projectId]?.hosting?.[hosting?.target ?? '']?.[0];
}

/** The functions as the CLI finds them in the built code, with the parameters of the project. */
async function readFunctions(projectId: string, settings: Record<string, string>, isNeeded: boolean) {
  const [entry] = firebaseJson().functions.filter(({ source }) => source === 'functions');
  if (!entry) throw new Error('firebase.json has no entry for the folder functions');
  if (!isNeeded) return { codebase: entry.codebase, functions: [] };
  const scratch = mkdtempSync(join(tmpdir(), 'gatehouse-functions-'));
  try {
    const build = await discover(FUNCTIONS, projectId, entry.runtime, scratch);
    const defaults = build.params.map(({ name, default: value }) => [name, String(value ?? '')]);
    const found = await resolve(
      build,
      projectId,
      { ...Object.fromEntries(defaults), ...settings },
      entry.prefix,
    );
    return { codebase: entry.codebase, functions: found };
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
  const { firestore, hosting, auth } = firebaseJson();
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
  const site = siteOf(projectId);
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
    ...{ indexes: indexes.indexes, fields: indexes.fieldOverrides, site },
    callingSites: [projectId, ...(settings.HOSTING_SITES ?? '').split(',').map((site) => site.trim())],
    rewrites: (hosting?.rewrites ?? []).flatMap((rewrite) => rewrite.function?.functionId ?? []),
    providers: Object.entries(auth?.providers ?? {}).flatMap(([name, value]) => (value ? [name] : [])),
  };
}
