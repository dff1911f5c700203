import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { SEED } from '../../functions/test/helpers/random-cases.ts';
import { ROOT } from './emulator-setup.ts';
import { FUNCTIONS } from './run.ts';

// For all random cases of `npm test`. Both installations of fast-check have settings of their own.
for (const folder of [ROOT, FUNCTIONS]) {
  const { href } = pathToFileURL(join(folder, 'node_modules/fast-check/lib/fast-check.js'));
  const { configureGlobal }: typeof import('fast-check') = await import(href);
  configureGlobal({ seed: SEED });
}
