import { existsSync, globSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './emulator-setup.ts';

const SOURCES = ['functions/{src,scripts}/**/*.ts', 'functions/*.{ts,json}', 'tools/web.ts'];
const BUILT = [
  'functions/src/meta/openapi.json',
  'functions/lib/index.js',
  'web/vendor/firebase.js',
  'web/vendor/text.js',
  'web/vendor/webauthn.js',
];

/** Whether the output of the stage `build` exists and is newer than every source file. */
export function isBuilt(): boolean {
  const modified = (file: string) => statSync(join(ROOT, file)).mtimeMs;
  if (!BUILT.every((file) => existsSync(join(ROOT, file)))) return false;
  const newest = Math.max(...globSync(SOURCES, { cwd: ROOT }).map(modified));
  return BUILT.every((file) => modified(file) > newest);
}
