import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { build } from '../../functions/node_modules/esbuild/lib/main.js';
import { codeBlocks } from '../../functions/test/helpers/docs.ts';
import { ROOT } from '../lib/emulator-setup.ts';
import { FUNCTIONS } from '../lib/run.ts';

/** Code of the guides, bundled for pages. */

/** The files that guides print, by their names: the first line of each block. */
export function filesOf(guides: readonly string[]): Map<string, string> {
  const files = new Map<string, string>();
  for (const { language, code } of guides.flatMap(codeBlocks)) {
    const [, name] = /^\/\/ ([\w-]+\.js)\n/.exec(code) ?? [];
    if (language === 'js' && name !== undefined) files.set(name, code);
  }
  return files;
}

/**
 * Bundles files with the Firebase SDK and packages/client, as an adopter's build does.
 *
 * @param entries names of files
 * @param auth the module in place of `firebase/auth`
 * @returns scripts by the names of their entries, without `.js`
 */
export async function bundle(
  files: ReadonlyMap<string, string>,
  entries: readonly string[],
  auth: string,
): Promise<Map<string, string>> {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-guides-'));
  const inFolder = (name: string) => join(folder, name);
  const wrapper = inFolder('firebase-auth.js');
  try {
    symlinkSync(join(FUNCTIONS, 'node_modules'), inFolder('node_modules'));
    for (const [name, code] of files) writeFileSync(inFolder(name), code);
    writeFileSync(wrapper, auth);
    const { outputFiles } = await build({
      entryPoints: entries.map(inFolder),
      outdir: folder,
      alias: { '@gatehouse/client': join(ROOT, 'packages/client/src/index.ts') },
      nodePaths: [join(FUNCTIONS, 'node_modules')], // for its dependency
      plugins: [
        {
          name: 'auth',
          setup(building) {
            building.onResolve({ filter: /^firebase\/auth$/ }, ({ importer }) =>
              importer === wrapper ? undefined : { path: wrapper },
            );
          },
        },
      ],
      ...{ bundle: true, format: 'esm', platform: 'browser', target: 'es2024', write: false },
    });
    return new Map(outputFiles.map(({ path, text }) => [basename(path, '.js'), text]));
  } finally {
    rmSync(folder, { recursive: true });
  }
}
