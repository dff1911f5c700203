import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

export interface Started {
  child: ChildProcess;
  /** The output of both streams so far. */
  output(): string;
  /** Its exit code, or the signal that ended it. */
  exited: Promise<number | string>;
}

/** Starts a process in its own process group, as a terminal does. */
export function launch(command: string, args: string[], options: SpawnOptions = {}): Started {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], detached: true, ...options });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => (text += chunk));
  const exited = once(child, 'close').then(([code, signal]) => code ?? signal);
  return { child, output: () => text, exited };
}

/** Waits until the condition holds. @param timeout in milliseconds @returns false after the timeout */
export async function until(holds: () => boolean | Promise<boolean>, timeout: number): Promise<boolean> {
  const deadline = Date.now() + timeout;
  while (Date.now() < deadline) {
    if (await holds()) return true;
    await sleep(50);
  }
  return false;
}

export async function isListening(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

/** Whether no process listens on any of these ports. */
export const isQuiet = async (ports: readonly number[]) =>
  !(await Promise.all(ports.map(isListening))).includes(true);
