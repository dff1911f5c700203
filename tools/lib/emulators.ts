import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DataFolder } from './data-folder.ts';
import { startDocuments } from './embedded-firestore.ts';
import { exportTo, killGroup, type Output, untilReady } from './emulator-process.ts';
import { quietEnv, ROOT, writeConfig } from './emulator-setup.ts';
import type { FirestoreKind } from './firestore-option.ts';
import { FIXED_PORTS, findFreePorts, HOST, type Ports } from './ports.ts';

export interface EmulatorOptions extends Output {
  projectId: string;
  /** Emulators to start beside Firestore, as in `firebase emulators:start --only`. */
  only: string[];
  firestore: FirestoreKind;
  /** Where users and documents come from, and where `saveAndStop` puts them. */
  data?: DataFolder;
  /** `free` lets several runs live side by side; `fixed` are those of firebase.json. */
  ports: 'free' | 'fixed';
  env?: NodeJS.ProcessEnv;
}

export interface Emulators {
  ports: Ports;
  urls: { hosting: string; functions: string; auth: string };
  /** What a process needs in its environment to talk to these emulators. */
  env: Record<string, string>;
  /** Settles when the emulators have ended, asked to or not. */
  exited: Promise<unknown>;
  stop(): Promise<void>;
  /** Stops, after putting users and documents into the data folder; when that fails, what was there stays. */
  saveAndStop(data: DataFolder): Promise<void>;
}

/**
 * Starts the Firebase emulators and a Firestore on loopback and waits until they serve. They end with this process,
 * however it ends: the embedded Firestore is part of it.
 */
export async function startEmulators(options: EmulatorOptions): Promise<Emulators> {
  const { projectId, data } = options;
  const ports = options.ports === 'fixed' ? FIXED_PORTS : await pickPorts();
  const isEmbedded = options.firestore === 'embedded';
  const documents = isEmbedded ? await startDocuments(ports.firestore, data) : undefined;
  const only = isEmbedded ? options.only : [...options.only, 'firestore'];
  const firestore = `${HOST}:${ports.firestore}`;
  const hosting = `http://${HOST}:${ports.hosting}`;
  const scratch = mkdtempSync(join(tmpdir(), 'gatehouse-'));
  const config = writeConfig(ports);

  const cli = spawn(
    process.execPath,
    [
      ...['--import', join(import.meta.dirname, 'in-emulator.ts')],
      ...[join(ROOT, 'node_modules', '.bin', 'firebase'), 'emulators:start', '--config', config],
      ...['--project', projectId, '--only', only.join(',')],
      ...(data?.kept ? ['--import', data.kept.emulators] : []),
    ],
    {
      cwd: scratch, // what it writes beside itself: logs, half an export
      env: quietEnv(scratch, {
        GATEHOUSE_HOSTING_URL: hosting, // the functions accept the page's origin, whatever its port
        ...(isEmbedded ? { FIRESTORE_EMULATOR_HOST: firestore } : {}), // it passes its environment on to them
        ...options.env,
      }),
      // No input: it must never prompt. Its own process group: Ctrl-C reaches us alone, and one kill reaches them all.
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      detached: true,
    },
  );
  const exited = once(cli, 'exit');
  const cleanUp = () => {
    killGroup(cli);
    rmSync(scratch, { recursive: true, force: true, maxRetries: 3 });
    rmSync(config, { force: true });
  };
  process.once('exit', cleanUp);

  // Outright: they hold nothing worth saving, and asked nicely they wait for whatever the functions still do.
  const stop = async () => {
    killGroup(cli);
    await exited;
    process.off('exit', cleanUp);
    cleanUp();
    await documents?.stop();
  };

  // Users first: documents are what the functions write first, so a change cut in two is one that they know to repair.
  const saveAndStop = async ({ exported, commit }: DataFolder) => {
    const hub = `http://${HOST}:${ports.hub}`;
    await exportTo(exported, hub, isEmbedded ? ['auth'] : ['auth', 'firestore']).finally(stop);
    commit();
  };

  try {
    await untilReady(cli, options);
    rmSync(config); // it has been read
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
  return { ports, urls, env, exited, stop, saveAndStop };
}

async function pickPorts(): Promise<Ports> {
  const names = Object.keys(FIXED_PORTS);
  const free = await findFreePorts(names.length);
  return { ...FIXED_PORTS, ...Object.fromEntries(names.map((name, i) => [name, free[i]])) };
}
