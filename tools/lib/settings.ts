import { appendFileSync, copyFileSync, mkdirSync, mkdtempSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './emulator-setup.ts';
import { FUNCTIONS } from './run.ts';

/**
 * A folder with the `.env` files of the functions and some parameters changed: those files come before the environment
 * that the CLI passes on. The CLI reads them whenever a function starts; remove the folder after that.
 */
export function writeSettings(params: Readonly<Record<string, string>>): string {
  mkdirSync(join(ROOT, '.gatehouse'), { recursive: true });
  const folder = mkdtempSync(join(ROOT, '.gatehouse', 'settings-'));
  for (const file of readdirSync(FUNCTIONS)) {
    if (file.startsWith('.env')) copyFileSync(join(FUNCTIONS, file), join(folder, file));
  }
  // Read last, and in the emulator only. Between single quotes nothing has a meaning but the quote.
  const lines = Object.entries(params).map(([name, value]) => `\n${name}='${value}'`);
  appendFileSync(join(folder, '.env.local'), `${lines.join('')}\n`);
  return folder;
}
