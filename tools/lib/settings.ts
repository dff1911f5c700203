import { appendFileSync, copyFileSync, mkdirSync, mkdtempSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './emulator-setup.ts';
import { FUNCTIONS } from './run.ts';

/**
 * Creates a folder with the `.env` files of the functions and some parameters changed: the files override environment
 * variables. The CLI reads them at every start of a function, so remove the folder only after the emulators stop.
 */
export function writeSettings(params: Readonly<Record<string, string>>): string {
  mkdirSync(join(ROOT, '.gatehouse'), { recursive: true });
  const folder = mkdtempSync(join(ROOT, '.gatehouse', 'settings-'));
  for (const file of readdirSync(FUNCTIONS)) {
    if (file.startsWith('.env')) copyFileSync(join(FUNCTIONS, file), join(folder, file));
  }
  // .env.local is read last, and in the emulator only. In single quotes only the quote is special.
  const lines = Object.entries(params).map(([name, value]) => `\n${name}='${value}'`);
  appendFileSync(join(folder, '.env.local'), `${lines.join('')}\n`);
  return folder;
}
