import { createRequire } from 'node:module';
import { ROOT } from './emulator-setup.ts';

/** The steps of `firebase deploy` that need no network, as functions of the Firebase CLI. */

const require = createRequire(`${ROOT}/package.json`);

/** A value in the manifest: text like `{{ params.REGION }}`, or null for the platform's default. */
type Expression = string | null;

/** A function as the SDK describes it to the CLI. */
export interface ManifestEndpoint {
  entryPoint: string;
  platform: string;
  region: Expression;
  availableMemoryMb: Expression;
  concurrency: Expression;
  minInstances: Expression;
  maxInstances: Expression;
  serviceAccountEmail: Expression;
  omit?: Expression;
  secretEnvironmentVariables?: unknown;
  httpsTrigger?: unknown;
  callableTrigger?: unknown;
  blockingTrigger?: { eventType: string; options: unknown };
  eventTrigger?: { eventType: string; retry: unknown };
  scheduleTrigger?: { schedule: unknown };
}

export interface Manifest {
  endpoints: Record<string, ManifestEndpoint>;
  params: { name: string; type: string; default?: unknown; description?: string }[];
  requiredAPIs: { api: string }[];
}

/** A function as the CLI would deploy it. */
export interface Endpoint {
  id: string;
  runtime: string;
  region: string;
  availableMemoryMb: number;
  concurrency: number;
  minInstances: number;
  maxInstances: number;
  serviceAccount: string;
  blockingTrigger?: { eventType: string };
  secretEnvironmentVariables?: { secret: string }[];
}

/** The functions in a folder, before parameters have values. */
export interface Build {
  params: { name: string; type: string; default?: unknown }[];
}

type Backend = { endpoints: Record<string, Record<string, Endpoint>> };
type Envs = Record<string, string>;

interface Delegate {
  validate(): Promise<void>;
  discoverBuild(runtimeConfig: object, env: Envs): Promise<Build>;
}

const {
  readdirRecursive,
}: { readdirRecursive(o: object): Promise<{ name: string }[]> } = require('firebase-tools/lib/fsAsync.js');
const {
  tryCreateDelegate,
}: {
  tryCreateDelegate(context: object): Promise<Delegate>;
} = require('firebase-tools/lib/deploy/functions/runtimes/node/index.js');
const {
  applyEndpointPrefix,
  resolveBackend,
}: {
  applyEndpointPrefix(build: Build, prefix: string): void;
  resolveBackend(o: object): Promise<{ backend: Backend }>;
} = require('firebase-tools/lib/deploy/functions/build.js');
const { loadUserEnvs }: { loadUserEnvs(o: object): Envs } = require('firebase-tools/lib/functions/env.js');
const prepare: Record<
  'resolveCpuAndConcurrency' | 'resolveDefaultTimeout' | 'inferBlockingDetails',
  (backend: Backend) => void
> = require('firebase-tools/lib/deploy/functions/prepare.js');
const {
  endpointsAreValid,
}: { endpointsAreValid(backend: Backend): void } = require('firebase-tools/lib/deploy/functions/validate.js');

/** Absolute paths of the files that the CLI would upload from a folder. */
export async function uploaded(folder: string, ignore: readonly string[]): Promise<string[]> {
  // Added by packageSource() in prepareFunctionsUpload.js.
  const always = ['firebase-debug.log', 'firebase-debug.*.log', '.runtimeconfig.json'];
  const files = await readdirRecursive({ path: folder, ignoreStrings: [...ignore, ...always] });
  return files.map(({ name }) => name);
}

/**
 * Discovers the functions in a folder through the SDK, with the CLI's own time limit.
 *
 * @param scratch where the SDK writes the manifest, as `functions.yaml`
 * @returns the build for {@link resolve}
 */
export async function discover(sourceDir: string, projectId: string, runtime: string, scratch: string) {
  const delegate = await tryCreateDelegate({ sourceDir, projectDir: ROOT, projectId, runtime });
  await delegate.validate();
  const before = process.env.FIREBASE_FUNCTIONS_DISCOVERY_OUTPUT_PATH;
  process.env.FIREBASE_FUNCTIONS_DISCOVERY_OUTPUT_PATH = scratch;
  try {
    const env = { GCLOUD_PROJECT: projectId, FIREBASE_CONFIG: JSON.stringify({ projectId }) };
    return await delegate.discoverBuild({}, env);
  } finally {
    if (before === undefined) delete process.env.FIREBASE_FUNCTIONS_DISCOVERY_OUTPUT_PATH;
    else process.env.FIREBASE_FUNCTIONS_DISCOVERY_OUTPUT_PATH = before;
  }
}

/** The values in the `.env.<project id>` of a folder, read by the CLI's strict parser. */
export const settingsIn = (folder: string, projectId: string) =>
  loadUserEnvs({ functionsSource: folder, projectDir: folder, projectId });

/** The functions that would be deployed with these settings and name prefix, after the CLI's local checks. */
export async function resolve(
  build: Build,
  projectId: string,
  settings: Envs,
  prefix = '',
): Promise<Endpoint[]> {
  applyEndpointPrefix(build, prefix);
  const { backend } = await resolveBackend({
    build,
    firebaseConfig: { projectId },
    userEnvs: settings,
    codebase: 'gatehouse',
    nonInteractive: true,
    // Secrets are looked up by the preflight: here no server is asked.
    isEmulator: true,
  });
  prepare.resolveCpuAndConcurrency(backend);
  prepare.resolveDefaultTimeout(backend);
  endpointsAreValid(backend);
  prepare.inferBlockingDetails(backend);
  return Object.values(backend.endpoints).flatMap((inRegion) => Object.values(inRegion));
}
