// npm run bench [-- --short | <measurement> ...]: installs the peers, builds what is deployed, and measures both in one run.
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './lib/emulator-setup.ts';
import { FUNCTIONS, fail, run } from './lib/run.ts';

const bench = join(ROOT, 'bench');

async function must(what: string, command: string, args: string[]) {
  if ((await run(command, args, { cwd: bench })) !== 0) fail(what);
}

/** Does the folder hold what the lockfile names? npm writes its own copy when it is done. */
function isInstalled(): boolean {
  const installed = join(bench, 'node_modules', '.package-lock.json');
  return (
    existsSync(installed) && statSync(installed).mtimeMs >= statSync(join(bench, 'package-lock.json')).mtimeMs
  );
}

if (!isInstalled()) {
  await must('the peers cannot be installed', 'npm', ['ci', '--ignore-scripts', '--loglevel=error']);
}
await must('the functions do not build', 'npm', ['--prefix', FUNCTIONS, '--loglevel=error', 'run', 'build']);
await must('a budget is missed, or the benchmark failed', 'node', [
  '--expose-gc',
  'run.ts',
  ...process.argv.slice(2),
]);
