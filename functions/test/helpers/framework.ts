import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, globSync, statSync } from 'node:fs';
import type { Server } from 'node:http';
import { connect } from 'node:net';
import { fileURLToPath } from 'node:url';
import { http } from '@google-cloud/functions-framework';
import { getTestServer } from '@google-cloud/functions-framework/testing';
import { findFreePort } from '../../../tools/lib/ports.ts';
import { PROJECT } from './google.ts';

/** The functions framework, which runs a function in production: in this process, or in a separate one. */

const FUNCTIONS = fileURLToPath(new URL('../..', import.meta.url));

type HttpFunction = Parameters<typeof http>[1];

let served = 0;

/** The framework's server around a function. It reads and parses the body before it calls the function. */
export function frameworkServer(handler: unknown): Server {
  const name = `test-${++served}`;
  // firebase-functions has its own copy of the Express types.
  http(name, handler as HttpFunction);
  return getTestServer(name);
}

/** Builds `lib`, unless it is newer than every source. */
export function buildOnce(): void {
  const built = `${FUNCTIONS}lib/index.js`;
  const sources = globSync('{src,scripts}/**/*.ts', { cwd: FUNCTIONS }).map((file) => `${FUNCTIONS}${file}`);
  const newest = Math.max(...[...sources, `${FUNCTIONS}package.json`].map((file) => statSync(file).mtimeMs));
  if (existsSync(built) && statSync(built).mtimeMs > newest) return;
  execFileSync('npm', ['run', 'build'], { cwd: FUNCTIONS, stdio: 'pipe' });
}

export interface FrameworkProcess {
  readonly port: number;
  readonly pid: number | undefined;
  /** Everything written to stdout and stderr so far. */
  output(): string;
  /** Did it listen? False when it ended before. */
  readonly listened: boolean;
  /** Is it still the same process? */
  alive(): boolean;
  stop(): Promise<void>;
}

/**
 * Starts `functions-framework` on the built code, as production does, and waits until it listens or has ended.
 *
 * @param env added to a minimal environment
 * @param source another folder with functions than this one
 */
export async function startFramework(
  env: Readonly<Record<string, string>>,
  source?: string,
): Promise<FrameworkProcess> {
  if (source === undefined) buildOnce();
  const port = await findFreePort();
  const child = spawn(
    process.execPath,
    [
      'node_modules/@google-cloud/functions-framework/build/src/main.js',
      `--port=${port}`,
      ...(source === undefined ? [] : [`--source=${source}`]),
    ],
    // The buildpack of Cloud Functions sets NODE_ENV.
    {
      cwd: FUNCTIONS,
      env: {
        PATH: process.env.PATH,
        NODE_ENV: 'production',
        GCLOUD_PROJECT: PROJECT,
        FUNCTION_TARGET: 'api',
        MFA_ENCRYPTION_KEYS: `k1:${Buffer.alloc(32, 1).toString('base64url')}`,
        ...env,
      },
    },
  );
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk));
  const alive = () => child.exitCode === null && child.signalCode === null;
  let listened = false;
  while (alive() && !listened) listened = await listens(port);
  return { port, pid: child.pid, listened, output: () => output, alive, stop: () => stop(child) };
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGKILL');
  await once(child, 'exit');
}

/** Tries to connect once; waits 20 ms when the port is closed. */
function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.end(() => resolve(true)));
    socket.on('error', () => setTimeout(resolve, 20, false));
  });
}
