import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { checkBasePath } from './base-path.ts';
import type { DataFolder } from './data-folder.ts';
import { startDocuments } from './documents.ts';
import { quietEnv, ROOT, writeConfig } from './emulator-setup.ts';
import type { FirestoreKind } from './firestore-option.ts';
import { FIXED_PORTS, findFreePorts, HOST, type Ports } from './ports.ts';
import { type Output, ProcessGroup } from './process-group.ts';

const EMULATORS = ['auth', 'functions', 'hosting'];
const READY = 'All emulators ready!';
const BROKEN = 'Failed to load function definition'; // the CLI reports that it is ready all the same
const EXPORT_TIMEOUT_MS = 60_000;

export interface EmulatorOptions extends Output {
  projectId: string;
  firestore: FirestoreKind;
  /** The folder that users and documents are loaded from, and saved to by `saveAndStop`. */
  data?: DataFolder;
  /** `fixed`: the ports of firebase.json. `free`: free ports, so that several runs can coexist. */
  ports: 'free' | 'fixed';
  /** Whether the functions are loaded again when a file of theirs changes; they are unless this is false. */
  watch?: boolean;
  /** Parts of functions/gatehouse.config.ts that this run replaces. */
  emulatorConfig?: object;
}

export interface Emulators {
  ports: Ports;
  /** `api` is through Hosting. */
  urls: { hosting: string; api: string; functions: string; auth: string };
  /** Environment variables of a process that uses these emulators. */
  env: Record<string, string>;
  /** Settles when one of the emulators has stopped, for whatever reason. */
  exited: Promise<unknown>;
  stop(): Promise<void>;
  /** Saves users and documents to the data folder, then stops. If saving fails, the previous data is kept. */
  saveAndStop(data: DataFolder): Promise<void>;
}

/**
 * Starts the Firebase emulators and Firestore on loopback and waits until they serve. They always end with this process.
 */
export async function startEmulators(options: EmulatorOptions): Promise<Emulators> {
  const { projectId, data, logFile, emulatorConfig } = options;
  const ports = options.ports === 'fixed' ? FIXED_PORTS : await pickPorts();
  const firestore = `${HOST}:${ports.firestore}`;
  const hosting = `http://${HOST}:${ports.hosting}`;
  const basePath = checkBasePath(projectId);
  const documents = await startDocuments(options.firestore, {
    ...{ port: ports.firestore, projectId, logFile: logFile.replace(/(\.log)?$/, '-firestore.log') },
    ...(data ? { data } : {}),
  });
  const config = writeConfig(ports, { watch: options.watch });
  const removeConfig = () => rmSync(config, { force: true });
  process.once('exit', removeConfig);

  const cli = new ProcessGroup(
    'the emulators',
    [
      // A URL: in a path, `#`, `?` and `%` of a folder would end or change it.
      ...([process.execPath, '--import', new URL('in-emulator.ts', import.meta.url).href] as const),
      ...[join(ROOT, 'node_modules', '.bin', 'firebase'), 'emulators:start', '--config', config],
      ...['--project', projectId, '--only', EMULATORS.join(',')],
      ...(data?.kept ? ['--import', data.kept.emulators] : []),
    ],
    (scratch) =>
      quietEnv(scratch, {
        FIRESTORE_EMULATOR_HOST: firestore, // it passes its environment on to them
        GATEHOUSE_HOSTING_URL: hosting,
        ...(emulatorConfig && { GATEHOUSE_EMULATOR_CONFIG: JSON.stringify(emulatorConfig) }),
      }),
  );

  // By SIGKILL: there is nothing to save, and a graceful stop waits for running functions.
  const stop = async () => {
    await cli.stop();
    removeConfig();
    process.off('exit', removeConfig);
    await documents.stop();
  };

  // Users first: functions write documents first, so a change saved by half is one that they can repair.
  const saveAndStop = async ({ exported, commit }: DataFolder) => {
    try {
      await exportUsers(exported, `http://${HOST}:${ports.hub}`).then(documents.save).finally(stop);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      const cause = { cause: error };
      throw new Error(`users and documents cannot be saved, what was kept before stays: ${why}`, cause);
    }
    commit();
  };

  try {
    await cli.untilReady({ ready: READY, broken: BROKEN }, options);
    removeConfig(); // it has been read
  } catch (error) {
    await stop();
    throw error;
  }
  const urls = {
    hosting,
    api: `${hosting}${basePath}`,
    functions: `http://${HOST}:${ports.functions}/${projectId}/us-central1`,
    auth: `http://${HOST}:${ports.auth}`,
  };
  const env = {
    GCLOUD_PROJECT: projectId,
    FIREBASE_AUTH_EMULATOR_HOST: `${HOST}:${ports.auth}`,
    FIRESTORE_EMULATOR_HOST: firestore,
    METADATA_SERVER_DETECTION: 'none', // no look-up of a Google Cloud machine's credentials
    GATEHOUSE_HOSTING_URL: urls.hosting,
    GATEHOUSE_FUNCTIONS_URL: urls.functions,
  };
  const exited = Promise.race([cli.exited, documents.exited]);
  return { ports, urls, env, exited, stop, saveAndStop };
}

/** Lets the Firebase CLI export the users of the Auth emulator to a folder. */
async function exportUsers(path: string, hub: string): Promise<void> {
  const response = await fetch(`${hub}/_admin/export`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ path, targets: ['auth'], initiatedBy: 'gatehouse' }),
    signal: AbortSignal.timeout(EXPORT_TIMEOUT_MS),
  });
  if (response.ok) return;
  const { message } = (await response.json()) as { message: string };
  throw new Error(message);
}

async function pickPorts(): Promise<Ports> {
  // The CLI starts Eventarc and Cloud Tasks beside the functions. On its own it would choose the same ports for two runs that
  // start at once.
  const names = [...Object.keys(FIXED_PORTS), 'eventarc', 'tasks'];
  const free = await findFreePorts(names.length);
  return { ...FIXED_PORTS, ...Object.fromEntries(names.map((name, i) => [name, free[i]])) };
}
