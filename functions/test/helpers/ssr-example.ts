import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findFreePort } from '../../../tools/lib/ports.ts';
import { packPackage } from '../kit/pack.ts';
import { REPOSITORY } from './docs.ts';

/** `examples/ssr` with its dependencies installed: the package as `npm pack` makes it, and the SDKs. */

export interface SsrServer {
  /** Such as `http://127.0.0.1:3000`. */
  readonly url: string;
  /** Everything written so far. */
  output(): string;
}

export interface SsrExample {
  /** Starts the server. @param env added to a minimal environment */
  start(env: Readonly<Record<string, string>>): Promise<SsrServer>;
  /** Stops all servers. */
  close(): Promise<void>;
}

export function installSsrExample(): SsrExample {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-ssr-'));
  const installed = join(REPOSITORY, 'functions/node_modules');
  const modules = join(folder, 'node_modules');
  cpSync(join(REPOSITORY, 'examples/ssr'), folder, { recursive: true });
  mkdirSync(join(modules, '@gatehouse'), { recursive: true });
  for (const name of ['firebase-admin', 'firebase-functions'])
    symlinkSync(join(installed, name), join(modules, name));
  const packed = packPackage();
  cpSync(packed.folder, join(modules, '@gatehouse/functions'), { recursive: true });
  packed.remove();
  const children: ChildProcess[] = [];
  return {
    async start(env) {
      const port = Number(env.PORT ?? (await findFreePort()));
      const child = spawn(process.execPath, ['server.js'], {
        cwd: folder,
        env: { PATH: process.env.PATH, ...env, PORT: String(port) },
      });
      children.push(child);
      let output = '';
      for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk));
      const listening = new Promise<void>((resolve, reject) => {
        child.stdout.on('data', () => output.includes('Listening') && resolve());
        child.once('exit', () => reject(new Error(output)));
      });
      await listening;
      return { url: `http://127.0.0.1:${port}`, output: () => output };
    },
    async close() {
      const running = children.filter(({ exitCode, signalCode }) => exitCode === null && signalCode === null);
      await Promise.all(
        running.map((child) => {
          child.kill('SIGKILL');
          return once(child, 'exit');
        }),
      );
      rmSync(folder, { recursive: true });
    },
  };
}
