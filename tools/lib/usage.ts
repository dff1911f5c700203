import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './emulator-setup.ts';

/** The usage of a command. `tools/bootstrap.mjs` prints the same file for `--help`. */
export const readUsage = (command: string): string =>
  readFileSync(join(ROOT, 'tools/usage', `${command}.txt`), 'utf8').trimEnd();
