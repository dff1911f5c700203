import { copyFile, cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { registerHooks } from 'node:module';
import { resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Plugin } from 'esbuild';
import { buildCli } from './build-cli.ts';
import { writeBundle } from './bundle.ts';
import { describeFunctions } from './function-types.ts';
import { describeParameters } from './kit-env.ts';
import { writeTypes } from './library-types.ts';

/** Builds `dist/package`, what `npm pack` takes: docs/architecture/decisions/0029-npm-package.md. */

const OUT = 'dist/package';

const inFolder = (folder: string, ...files: readonly string[]) =>
  files.map((file) => [resolve(file), resolve(folder, file.replace('src/', ''))] as const);

/** Files of a clone that the kit and the library have others for. */
const IN_KIT = new Map(
  inFolder(
    'kit',
    ...['gatehouse.config.ts', 'src/modules.ts', 'src/distribution.ts', 'src/audit/example-actions.ts'],
  ),
);
const IN_LIBRARY = new Map([...IN_KIT, ...inFolder('library', 'gatehouse.config.ts', 'src/distribution.ts')]);
const IN_CLI = new Map([...IN_KIT, [resolve('gatehouse.config.ts'), resolve('cli/product.ts')]]);
const replacementIn = (files: ReadonlyMap<string, string>, importer: string, path: string) =>
  path.startsWith('.') ? files.get(resolve(importer, '..', path)) : undefined;

// For the imports below, which read functions and operations.
registerHooks({
  resolve(specifier, context, next) {
    const importer = context.parentURL?.startsWith('file:') ? fileURLToPath(context.parentURL) : '/';
    const replacement = replacementIn(IN_KIT, importer, specifier);
    return next(replacement === undefined ? specifier : pathToFileURL(replacement).href, context);
  },
});
// As when the CLI reads the exports: no parameter has a value.
process.env.FUNCTIONS_CONTROL_API = 'true';
const { functions } = await import('../src/index.ts');
const { createOpenApiDocument } = await import('./openapi-document.ts');
const { declaredParams } = await import('firebase-functions/params');
const openapi = JSON.stringify(createOpenApiDocument());

const replacements = (files: ReadonlyMap<string, string>): Plugin => ({
  name: 'replacements',
  setup(build) {
    build.onResolve({ filter: /\.ts$/ }, ({ importer, path }) => {
      const replacement = replacementIn(files, importer, path);
      return replacement === undefined ? null : { path: replacement };
    });
    build.onLoad({ filter: /[/\\]meta[/\\]openapi\.json$/ }, () => ({ contents: openapi, loader: 'json' }));
  },
});

/**
 * The functions SDK is that of the adopter's code, through `require`: the instance in which the wrapper of a kit, a CommonJS
 * module, has called `setGlobalOptions`.
 */
const functionsSdkOutside: Plugin = {
  name: 'functions-sdk-outside',
  setup(build) {
    const namespace = 'required';
    build.onResolve({ filter: /^firebase-functions(\/|$)/ }, ({ path, namespace: importer }) =>
      importer === namespace ? { path, external: true } : { path, namespace },
    );
    build.onLoad({ filter: /./, namespace }, ({ path }) => ({
      contents: `module.exports = require(${JSON.stringify(path)})`,
    }));
  },
};

await mkdir(OUT, { recursive: true });
await writeBundle({
  functions: Object.keys(functions),
  outdir: OUT,
  plugins: [replacements(IN_KIT), functionsSdkOutside],
});
const LIBRARY = `${OUT}/library`;
await writeBundle({
  entries: { index: 'src/library/index.ts', runtime: 'src/library/runtime.ts' },
  outdir: LIBRARY,
  plugins: [replacements(IN_LIBRARY), functionsSdkOutside],
});
await writeTypes('src/library/index.ts', `${LIBRARY}/types`);
await buildCli(OUT, [replacements(IN_CLI)]);
await writeFile(`${OUT}/index.d.ts`, describeFunctions(functions));
await writeFile(`${OUT}/kit.env`, describeParameters(declaredParams));
await copyFile('../LICENSE', `${OUT}/LICENSE`);
await cp('kit/firestore', `${OUT}/firestore`, { recursive: true });
const indexes = withoutExample(JSON.parse(await readFile('../firestore.indexes.json', 'utf8')));
await writeFile(`${OUT}/firestore/firestore.indexes.json`, `${JSON.stringify(indexes, null, 2)}\n`);

/** The indexes and TTL policies of a clone, except those of the notes. */
function withoutExample(all: Readonly<Record<string, readonly { readonly collectionGroup: string }[]>>) {
  const entries = Object.entries(all).map(
    ([kind, list]) => [kind, list.filter(({ collectionGroup }) => collectionGroup !== 'notes')] as const,
  );
  return Object.fromEntries(entries);
}
