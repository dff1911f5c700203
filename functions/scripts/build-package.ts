import { existsSync } from 'node:fs';
import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { registerHooks } from 'node:module';
import { resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Plugin } from 'esbuild';
import { buildCli } from './build-cli.ts';
import { writeBundle } from './bundle.ts';
import { describeFunctions } from './function-types.ts';
import { describeParameters } from './kit-env.ts';

/** Builds `dist/package`, what `npm pack` takes: docs/architecture/decisions/0029-npm-package.md. */

const OUT = 'dist/package';

/** Files of a clone that the package has others for. */
const REPLACED = new Map(
  ['gatehouse.config.ts', 'src/modules.ts', 'src/distribution.ts'].map((file) => [
    resolve(file),
    resolve('kit', file.replace('src/', '')),
  ]),
);
const replacementOf = (importer: string, path: string) =>
  path.startsWith('.') ? REPLACED.get(resolve(importer, '..', path)) : undefined;

// For the imports below, which read functions and operations.
registerHooks({
  resolve(specifier, context, next) {
    const importer = context.parentURL?.startsWith('file:') ? fileURLToPath(context.parentURL) : '/';
    const replacement = replacementOf(importer, specifier);
    return next(replacement === undefined ? specifier : pathToFileURL(replacement).href, context);
  },
});
// As when the CLI reads the exports: no parameter has a value.
process.env.FUNCTIONS_CONTROL_API = 'true';
const { functions } = await import('../src/index.ts');
const { createOpenApiDocument } = await import('./openapi-document.ts');
const { declaredParams } = await import('firebase-functions/params');
const openapi = JSON.stringify(createOpenApiDocument());

const replacements: Plugin = {
  name: 'replacements',
  setup(build) {
    build.onResolve({ filter: /\.ts$/ }, ({ importer, path }) => {
      const replacement = replacementOf(importer, path);
      return replacement === undefined ? null : { path: replacement };
    });
    build.onLoad({ filter: /[/\\]meta[/\\]openapi\.json$/ }, () => ({ contents: openapi, loader: 'json' }));
  },
};

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

const LIBRARY = 'src/library/index.ts';
await mkdir(OUT, { recursive: true });
await writeBundle({
  functions: Object.keys(functions),
  entries: existsSync(LIBRARY) ? { library: LIBRARY } : {},
  outdir: OUT,
  plugins: [replacements, functionsSdkOutside],
});
await buildCli(OUT, [replacements]);
await writeFile(`${OUT}/index.d.ts`, describeFunctions(functions));
await writeFile(`${OUT}/kit.env`, describeParameters(declaredParams));
await copyFile('../LICENSE', `${OUT}/LICENSE`);
