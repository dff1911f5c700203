import { once } from 'node:events';
import { requireFromCli } from './firebase-tools.ts';

interface Child {
  killed: boolean;
  exitCode: number | null;
  signalCode: string | null;
}
interface FunctionsEmulator {
  workerPools: Record<
    string,
    { workers: Map<string, { runtime: { process: Child & NodeJS.EventEmitter } }[]> }
  >;
  startRuntime(backend: { codebase: string }, ...rest: unknown[]): Promise<unknown>;
}

/**
 * Lets a process of the functions start only when the one that it replaces has ended. With `--inspect-functions` both have
 * the same debugging port: the CLI starts the new one at once, which then has no debugger.
 */
export function freeDebuggerPortFirst(): void {
  const module: { FunctionsEmulator: { prototype: FunctionsEmulator } } = requireFromCli(
    './lib/emulator/functionsEmulator.js',
  );
  const { prototype } = module.FunctionsEmulator;
  const { startRuntime } = prototype;
  prototype.startRuntime = async function (backend, ...rest) {
    const workers = [...(this.workerPools[backend.codebase]?.workers.values() ?? [])].flat();
    const ending = workers
      .map(({ runtime }) => runtime.process)
      .filter(({ killed, exitCode, signalCode }) => killed && exitCode === null && signalCode === null);
    await Promise.all(ending.map((process) => once(process, 'exit')));
    return startRuntime.call(this, backend, ...rest);
  };
}
