import { run } from '../../../tools/lib/run.ts';

/** Runs a script of commands, as a guide has them. @returns what it printed. @throws Error if a command fails */
export async function runScript(
  script: string,
  options: { cwd: string; env: NodeJS.ProcessEnv },
): Promise<string> {
  let output = '';
  const code = await run('bash', ['-euo', 'pipefail', '-c', script], {
    ...options,
    print: (chunk) => {
      output += chunk;
    },
  });
  if (code !== 0) throw new Error(`${script}\nended with ${code}:\n${output}`);
  return output;
}
