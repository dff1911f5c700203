import { createRequire } from 'node:module';
import { join } from 'node:path';
import { FUNCTIONS } from '../../lib/run.ts';

const require = createRequire(join(FUNCTIONS, 'package.json'));
const { unzipSync } =
  require('fflate') as typeof import('../../../functions/node_modules/fflate/lib/index.js');

/** The names of the files in a ZIP archive. */
export const filesIn = (archive: Uint8Array): string[] => Object.keys(unzipSync(archive)).sort();
