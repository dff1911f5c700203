// npm run bench [-- --short | <measurement> ...]: installs the compared
// libraries, builds the functions, and measures both in one run.
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './lib/emulator-setup.ts';
import { FUNCTIONS, fail, run } from './lib/run.ts';

const bench = join(ROOT, 'bench');

async function must(what: string, command: string, args: string[]) {
  if ((await run(command, args, { cwd: bench })) !== 0) fail(what);
}

/** Whether the folder matches the lockfile: npm writes its own copy of it at the end of an install. */
function isInstalled(): boolean {
  const installed = join(bench, 'node_modules', '.package-lock.json');
  return (
    existsSync(installed) && statSync(installed).mtimeMs >= statSync(join(bench, 'package-lock.json')).mtimeMs
  );
}

if (!isInstalled()) {
  await must('installing dependencies failed', 'npm', ['ci', '--ignore-scripts', '--loglevel=error']);
}
await must('the build failed', 'npm', ['--prefix', FUNCTIONS, '--loglevel=error', 'run', 'build']);
await must('a budget was missed, or the benchmark failed', 'node', [
  '--expose-gc',
  'run.ts',
  ...process.argv.slice(2),
]);
