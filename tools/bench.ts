// npm run bench [-- --short | <measurement> ...]: installs the compared
// libraries, builds the functions, and measures both in one run.
import { join } from 'node:path';
import { ROOT } from './lib/emulator-setup.ts';
import { install } from './lib/install.ts';
import { FUNCTIONS, fail, run } from './lib/run.ts';

const bench = join(ROOT, 'bench');

async function must(what: string, command: string, args: string[]) {
  if ((await run(command, args, { cwd: bench })) !== 0) fail(what);
}

if (!(await install(bench))) fail('installing dependencies failed');
await must('the build failed', 'npm', ['--prefix', FUNCTIONS, '--loglevel=error', 'run', 'build']);
await must('a budget was missed, or the benchmark failed', 'node', [
  '--expose-gc',
  'run.ts',
  ...process.argv.slice(2),
]);
