import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { checkBasePath } from './base-path.ts';
import type { DataFolder } from './data-folder.ts';
import { startDocuments } from './documents.ts';
import { exportEmulators, firestoreExportIn } from './emulator-export.ts';
import { type ConfigOptions, quietEnv, ROOT, writeConfig } from './emulator-setup.ts';
import type { FirestoreKind } from './firestore-option.ts';
import { FIXED_PORTS, findFreePorts, findTakenPort, HOST, type Ports } from './ports.ts';
import { type Output, ProcessGroup } from './process-group.ts';

const READY = 'All emulators ready!';
const BROKEN = 'Failed to load function definition'; // the CLI reports that it is ready all the same

export interface EmulatorOptions extends Output, ConfigOptions {
  projectId: string;
  firestore: FirestoreKind;
  /** The folder that users and documents are loaded from, and saved to by `saveAndStop`. */
  data?: DataFolder;
  /** `fixed`: the ports of firebase.json. `free`: free ports, so that several runs can coexist. */
  ports: 'free' | 'fixed';
  /** An export of an earlier run, to start with. */
  importFrom?: string | undefined;
  /** Further options of `firebase emulators:start`. */
  cliOptions?: readonly string[];
  /** Parts of functions/gatehouse.config.ts that this run replaces. */
  emulatorConfig?: object;
}

export interface Emulators {
  ports: Ports;
  /** `api` is through Hosting. */
  urls: { hosting: string; api: string; functions: string; auth: string; ui?: string | undefined };
  /** Environment variables of a process that uses these emulators. */
  env: Record<string, string>;
  /** Settles when one of the emulators has stopped, for whatever reason. */
  exited: Promise<unknown>;
  stop(): Promise<void>;
  /** Exports the data of all emulators to a folder, as `firebase emulators:export` does, then stops. */
  exportAndStop(folder: string): Promise<void>;
  /** Saves users and documents to the data folder, then stops. If saving fails, the previous data is kept. */
  saveAndStop(data: DataFolder): Promise<void>;
}

/**
 * Starts the Firebase emulators and Firestore on loopback and waits until they serve. They always end with this process.
 */
export async function startEmulators(options: EmulatorOptions): Promise<Emulators> {
  const { projectId, data, logFile, emulatorConfig, importFrom } = options;
  const ports = options.ports === 'fixed' ? await fixedPorts() : await pickPorts();
  const firestore = `${HOST}:${ports.firestore}`;
  const hosting = `http://${HOST}:${ports.hosting}`;
  const basePath = checkBasePath(projectId);
  const documents = await startDocuments(options.firestore, {
    ...{ port: ports.firestore, projectId, logFile: logFile.replace(/(\.log)?$/, '-firestore.log') },
    ...(data ? { data } : {}),
    seed: importFrom && firestoreExportIn(importFrom),
    functionsPort: ports.functions,
    ...(options.ui ? { websocketPort: ports.websocket } : {}),
  });
  const config = writeConfig(ports, options);
  const removeConfig = () => rmSync(config, { force: true });
  process.once('exit', removeConfig);

  const cli = new ProcessGroup(
    'the emulators',
    [
      ...([process.execPath, join(ROOT, 'tools', 'firebase.mjs'), 'emulators:start'] as const),
      ...['--config', config, '--project', projectId, '--only', emulatorsOf(config)],
      ...(data?.kept ? ['--import', data.kept.emulators] : importFrom ? ['--import', importFrom] : []),
      ...(options.cliOptions ?? []),
    ],
    (scratch) =>
      quietEnv(scratch, {
        GATEHOUSE_OUTSIDE_FIRESTORE: options.firestore,
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
      await exportEmulators(exported, ports.hub, ['auth']).then(documents.save).finally(stop);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      const cause = { cause: error };
      throw new Error(`users and documents cannot be saved, what was kept before stays: ${why}`, cause);
    }
    commit();
  };

  const exportAndStop = (folder: string) => exportEmulators(folder, ports.hub).finally(stop);

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
    ui: options.ui ? await findUi(ports.hub) : undefined,
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
  return { ports, urls, env, exited, stop, exportAndStop, saveAndStop };
}

const NO_SERVICES = new Set(['hub', 'logging', 'ui', 'eventarc', 'tasks', 'singleProjectMode']);

/** All emulators that firebase.json names, those that an adopter has added included, as the value of `--only`. */
function emulatorsOf(config: string): string {
  const { emulators } = JSON.parse(readFileSync(config, 'utf8'));
  return Object.keys(emulators)
    .filter((name) => !NO_SERVICES.has(name))
    .join(',');
}

/** The fixed ports, but free ones for the Emulator UI if its own are taken. */
async function fixedPorts(): Promise<Ports> {
  const { ui, websocket } = FIXED_PORTS;
  if (!(await findTakenPort({ ui, websocket }))) return FIXED_PORTS;
  const [freeUi = ui, freeWebsocket = websocket] = await findFreePorts(2);
  return { ...FIXED_PORTS, ui: freeUi, websocket: freeWebsocket };
}

/** The address of the Emulator UI, if it runs. */
async function findUi(hubPort: number): Promise<string | undefined> {
  const response = await fetch(`http://${HOST}:${hubPort}/emulators`);
  const { ui } = (await response.json()) as { ui?: { port: number } };
  return ui && `http://${HOST}:${ui.port}`;
}

export async function pickPorts(): Promise<Ports> {
  // The CLI starts Eventarc and Cloud Tasks beside the functions. On its own it would choose the same ports for two runs that
  // start at once.
  const names = [...Object.keys(FIXED_PORTS), 'eventarc', 'tasks'];
  const free = await findFreePorts(names.length);
  return { ...FIXED_PORTS, ...Object.fromEntries(names.map((name, i) => [name, free[i]])) };
}
