import { execFileSync } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

/**
 * Writes the type declarations of the library: of its entry, and of the files of `src/core` that the entry imports. These
 * need no other file, and compile with an adopter's settings.
 */
export async function writeTypes(entry: string, outDir: string): Promise<void> {
  const text = await readFile(entry, 'utf8');
  const core = [...text.matchAll(/ from '\.\.\/(core\/[\w-]+\.ts)'/g)].map(([, file = '']) => `src/${file}`);
  const folder = await mkdtemp(join(tmpdir(), 'gatehouse-types-'));
  const project = join(folder, 'tsconfig.json');
  const compilerOptions = {
    ...{ noEmit: false, declaration: true, emitDeclarationOnly: true, types: [] },
    // `npm run build` checks them. Other files would be declared, too.
    ...{ noCheck: true, noResolve: true },
    ...{ rootDir: resolve('src'), outDir: resolve(outDir) },
  };
  const files = [...new Set([entry, ...core])].map((file) => resolve(file));
  await writeFile(
    project,
    JSON.stringify({ extends: resolve('tsconfig.json'), compilerOptions, files, include: [] }),
  );
  try {
    execFileSync('node_modules/.bin/tsc', ['-p', project], { stdio: 'inherit' });
  } finally {
    await rm(folder, { recursive: true });
  }
  for (const file of await readdir(outDir, { recursive: true, withFileTypes: true })) {
    if (!file.isFile()) continue;
    const path = join(file.parentPath, file.name);
    // The compiler leaves the extensions, which an adopter's settings do not allow.
    await writeFile(path, (await readFile(path, 'utf8')).replaceAll(/(?<= from '\..*)\.ts'/g, ".js'"));
  }
}
