import { execFileSync } from 'node:child_process';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
// Of functions/: builds and tests of this package need no installation of its own.
import { type BuildOptions, build } from '../../../functions/node_modules/esbuild/lib/main.js';

const PACKAGE = fileURLToPath(new URL('..', import.meta.url));
const FUNCTIONS = join(PACKAGE, '../../functions');

const SHARED: BuildOptions = {
  entryPoints: [join(PACKAGE, 'src/index.ts')],
  ...{ bundle: true, format: 'esm', target: 'es2022', logLevel: 'warning' },
};

/** What a browser loads: the client with its dependency. @returns the minified module */
export async function bundleForBrowsers(): Promise<string> {
  const { outputFiles } = await build({
    ...SHARED,
    ...{ nodePaths: [join(FUNCTIONS, 'node_modules')], minify: true },
    write: false,
  });
  return outputFiles[0]?.text ?? '';
}

/** Writes what `npm pack` takes: one module, with its dependency outside, and the types. */
export async function buildPackage(outdir = join(PACKAGE, 'dist')): Promise<void> {
  await rm(outdir, { recursive: true, force: true });
  await build({ ...SHARED, outdir, packages: 'external' });
  const emit = ['--noEmit', 'false', '--emitDeclarationOnly', '--declaration', '--outDir', outdir];
  const project = ['-p', join(PACKAGE, 'tsconfig.build.json')];
  execFileSync(join(FUNCTIONS, 'node_modules/.bin/tsc'), [...project, ...emit], { stdio: 'inherit' });
  for (const name of await readdir(outdir)) {
    if (!name.endsWith('.d.ts')) continue;
    const path = join(outdir, name);
    // The compiler leaves the extensions, which an adopter's settings do not allow.
    await writeFile(path, (await readFile(path, 'utf8')).replaceAll(/(?<= from '\..*)\.ts'/g, ".js'"));
  }
}

if (import.meta.main) await buildPackage();
