import { mkdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const require = createRequire(import.meta.url);
const { getDownloadDetails } = require('firebase-tools/lib/emulator/downloadableEmulators.js');

/** Installs a fake Emulator UI as the CLI would download it. @returns the value of FIREBASE_EMULATORS_PATH */
export function installFakeUi(folder: string): string {
  const downloads = join(folder, 'downloads');
  for (const [path, content] of [
    ['client/index.html', 'the Emulator UI'],
    ['server/server.mjs', ''],
  ] as const) {
    const file = join(downloads, `ui-v${getDownloadDetails('ui').version}`, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
  }
  return downloads;
}
