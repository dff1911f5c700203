// npm run build:watch in functions/: builds, and builds again after each change. For emulators in another terminal.

import { Rebuilding } from './lib/rebuilding.ts';
import { FUNCTIONS, fail, run } from './lib/run.ts';

if ((await run('npm', ['--prefix', FUNCTIONS, '--loglevel=error', 'run', 'build'])) !== 0)
  fail('the build failed');
const rebuilding = new Rebuilding();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    rebuilding.stop();
    process.exit(0);
  });
}
