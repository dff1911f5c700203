import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { quietEnv, ROOT, writeConfig } from './emulator-setup.ts';
import { FIXED_PORTS, findFreePorts, HOST, type Ports } from './ports.ts';

const READY = 'All emulators ready!';
const BROKEN = 'Failed to load function definition'; // after which the CLI calls itself ready all the same
const START_TIMEOUT_MS = 90_000;

export interface EmulatorOptions {
  projectId: string;
  /** Emulators to start, as in `firebase emulators:start --only`. */
  only: string[];
  /** `free` lets several runs live side by side; `fixed` are those of firebase.json. */
  ports: 'free' | 'fixed';
  env?: NodeJS.ProcessEnv;
  logFile: string;
  onLine?: (line: string) => void;
}

export interface Emulators {
  ports: Ports;
  urls: { hosting: string; functions: string; auth: string };
  /** What a process needs in its environment to talk to these emulators. */
  env: Record<string, string>;
  /** Settles when the emulators have ended, asked to or not. */
  exited: Promise<unknown>;
  stop(): Promise<void>;
}

/** Starts the Firebase emulators on loopback and waits until they serve. They end with this process, however it ends. */
export async function startEmulators(options: EmulatorOptions): Promise<Emulators> {
  const ports = options.ports === 'fixed' ? FIXED_PORTS : await pickPorts();
  const scratch = mkdtempSync(join(tmpdir(), 'gatehouse-'));
  const config = writeConfig(ports);
  const hosting = `http://${HOST}:${ports.hosting}`;

  const cli = spawn(
    process.execPath,
    [
      ...['--import', join(import.meta.dirname, 'in-emulator.ts')],
      ...[join(ROOT, 'node_modules', '.bin', 'firebase'), 'emulators:start', '--config', config],
      ...['--project', options.projectId, '--only', options.only.join(',')],
    ],
    {
      cwd: ROOT,
      // The functions accept the page's origin, whatever its port.
      env: quietEnv(scratch, { GATEHOUSE_HOSTING_URL: hosting, ...options.env }),
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
    functions: `http://${HOST}:${ports.functions}/${options.projectId}/us-central1`,
    auth: `http://${HOST}:${ports.auth}`,
  };
  const env = {
    GCLOUD_PROJECT: options.projectId,
    FIREBASE_AUTH_EMULATOR_HOST: `${HOST}:${ports.auth}`,
    GATEHOUSE_HOSTING_URL: urls.hosting,
    GATEHOUSE_FUNCTIONS_URL: urls.functions,
  };
  return { ports, urls, env, exited, stop };
}

async function pickPorts(): Promise<Ports> {
  const names = Object.keys(FIXED_PORTS);
  const free = await findFreePorts(names.length);
  return { ...FIXED_PORTS, ...Object.fromEntries(names.map((name, i) => [name, free[i]])) };
}

async function untilReady(cli: ChildProcess, { logFile, onLine }: EmulatorOptions): Promise<void> {
  mkdirSync(dirname(logFile), { recursive: true });
  const log = createWriteStream(logFile);
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const fail = (why: string) => reject(new Error(`${why}; see ${logFile}`));
  const timer = setTimeout(fail, START_TIMEOUT_MS, 'the emulators did not start in time');
  cli.once('exit', () => fail('the emulators ended before they were ready'));
  for (const stream of [cli.stdout, cli.stderr]) {
    if (!stream) continue;
    createInterface(stream).on('line', (line) => {
      log.write(`${line}\n`);
      onLine?.(line);
      if (line.includes(READY)) resolve();
      if (line.includes(BROKEN)) fail('the functions could not be loaded');
    });
  }
  await promise.finally(() => clearTimeout(timer));
}

function killGroup(cli: ChildProcess): void {
  try {
    if (cli.pid) process.kill(-cli.pid, 'SIGKILL');
  } catch {
    // Nothing of the group is left.
  }
}
