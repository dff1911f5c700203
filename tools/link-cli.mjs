// Makes node_modules/.bin/firebase the CLI with the additions of firebase.mjs. Runs after every install: npm's `postinstall`,
// and bootstrap.mjs, which installs without scripts.
import { readlinkSync, rmSync, symlinkSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const link = fileURLToPath(new URL('../node_modules/.bin/firebase', import.meta.url));
const target = '../../tools/firebase.mjs';

const current = () => {
  try {
    return readlinkSync(link);
  } catch {
    return undefined; // not installed, or no link
  }
};

if (current() !== undefined && current() !== target) {
  rmSync(link);
  symlinkSync(target, link);
}
