import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { DataFolder } from './data-folder.ts';
import { startDocuments } from './documents.ts';
import { quietEnv, ROOT, writeConfig } from './emulator-setup.ts';
import type { FirestoreKind } from './firestore-option.ts';
import { FIXED_PORTS, findFreePorts, HOST, type Ports } from './ports.ts';
import { type Output, ProcessGroup } from './process-group.ts';

const EMULATORS = ['auth', 'functions', 'hosting'];
const READY = 'All emulators ready!';
const BROKEN = 'Failed to load function definition'; // after which the CLI calls itself ready all the same
const EXPORT_TIMEOUT_MS = 60_000;

export interface EmulatorOptions extends Output {
  projectId: string;
  firestore: FirestoreKind;
  /** Where users and documents come from, and where `saveAndStop` puts them. */
  data?: DataFolder;
  /** `free` lets several runs live side by side; `fixed` are those of firebase.json. */
  ports: 'free' | 'fixed';
  /** Parts of functions/gatehouse.config.ts that this run replaces. */
  emulatorConfig?: object;
}

export interface Emulators {
  ports: Ports;
  urls: { hosting: string; functions: string; auth: string };
  /** What a process needs in its environment to talk to these emulators. */
  env: Record<string, string>;
  /** Settles when one of the emulators has ended, asked to or not. */
  exited: Promise<unknown>;
  stop(): Promise<void>;
  /** Stops, after putting users and documents into the data folder; when that fails, what was there stays. */
  saveAndStop(data: DataFolder): Promise<void>;
}

/**
 * Starts the Firebase emulators and a Firestore on loopback and waits until they serve. They end with this process,
 * however it ends.
 */
export async function startEmulators(options: EmulatorOptions): Promise<Emulators> {
  const { projectId, data, logFile, emulatorConfig } = options;
  const ports = options.ports === 'fixed' ? FIXED_PORTS : await pickPorts();
  const firestore = `${HOST}:${ports.firestore}`;
  const hosting = `http://${HOST}:${ports.hosting}`;
  const documents = await startDocuments(options.firestore, {
    ...{ port: ports.firestore, projectId, logFile: logFile.replace(/(\.log)?$/, '-firestore.log') },
    ...(data ? { data } : {}),
  });
  const config = writeConfig(ports);
  const removeConfig = () => rmSync(config, { force: true });
  process.once('exit', removeConfig);

  const cli = new ProcessGroup(
    'the emulators',
    [
      ...([process.execPath, '--import', join(import.meta.dirname, 'in-emulator.ts')] as const),
      ...[join(ROOT, 'node_modules', '.bin', 'firebase'), 'emulators:start', '--config', config],
      ...['--project', projectId, '--only', EMULATORS.join(',')],
      ...(data?.kept ? ['--import', data.kept.emulators] : []),
    ],
    (scratch) =>
      quietEnv(scratch, {
        GATEHOUSE_HOSTING_URL: hosting, // the functions accept the page's origin, whatever its port
        FIRESTORE_EMULATOR_HOST: firestore, // it passes its environment on to them
        ...(emulatorConfig && { GATEHOUSE_EMULATOR_CONFIG: JSON.stringify(emulatorConfig) }),
      }),
  );

  // Outright: they hold nothing worth saving, and asked nicely they wait for whatever the functions still do.
  const stop = async () => {
    await cli.stop();
    removeConfig();
    process.off('exit', removeConfig);
    await documents.stop();
  };

  // Users first: documents are what the functions write first, so a change cut in two is one that they know to repair.
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

/** Has the Firebase CLI write the Auth emulator's users into a folder. */
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
  const names = Object.keys(FIXED_PORTS);
  const free = await findFreePorts(names.length);
  return { ...FIXED_PORTS, ...Object.fromEntries(names.map((name, i) => [name, free[i]])) };
}
