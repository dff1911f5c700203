import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export interface Run {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a tool as `npm run <name>` does, on the emulators. @param signal kills it */
export function runTool(
  name: 'grant' | 'import-users',
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
  signal?: AbortSignal,
): Promise<Run> {
  const tool = fileURLToPath(new URL(`../../../tools/${name}.ts`, import.meta.url));
  const options = { env: { ...process.env, ...env }, killSignal: 'SIGKILL', signal } as const;
  return new Promise((resolve) => {
    execFile(process.execPath, [tool, ...args], options, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code ?? -1), stdout, stderr });
    });
  });
}
