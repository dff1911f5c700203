import { mkdir, rename, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { readConfig } from '../src/settings.ts';

const PACKAGE = fileURLToPath(new URL('..', import.meta.url));
const ZIP = 'dist/gatehouse-lambda.zip';
/** A larger zip would start slowly. */
const MAX_BYTES = 1_000_000;

// Of functions/: this package has no dependencies of its own.
const require = createRequire(new URL('../../functions/package.json', import.meta.url));
const { build } = require('esbuild') as typeof import('esbuild');
const { zipSync } = require('fflate') as typeof import('fflate');

export interface Built {
  readonly zip: Uint8Array;
  /** Bytes of the bundle in it. */
  readonly unpacked: number;
  /** Every file in the bundle, relative to this package. */
  readonly inputs: readonly string[];
}

/**
 * Bundles the authorizer with a configuration. The same source gives the same zip.
 *
 * @param config path of a module that exports an `AuthorizerConfig` by default
 * @throws Error for a wrong configuration, with the path of each field
 */
export async function buildZip(config: string): Promise<Built> {
  const { default: value } = await import(pathToFileURL(config).href);
  readConfig(value);
  const { outputFiles, metafile } = await build({
    entryPoints: ['src/index.ts'],
    absWorkingDir: PACKAGE,
    outfile: 'index.mjs',
    bundle: true,
    platform: 'node',
    // The older of the two Node versions that Lambda offers.
    target: 'node22',
    format: 'esm',
    plugins: [
      {
        name: 'config',
        setup: ({ onResolve }) =>
          onResolve({ filter: /^\.\.\/authorizer\.config\.ts$/ }, () => ({ path: config })),
      },
    ],
    // As in the functions: names stay, for stack traces.
    minifyWhitespace: true,
    minifySyntax: true,
    legalComments: 'eof',
    logLevel: 'warning',
    metafile: true,
    write: false,
  });
  const [code] = outputFiles;
  if (code === undefined) throw new Error('esbuild wrote no file');
  const zip = zipSync({
    'index.mjs': [
      code.contents,
      // A fixed time, without a zone. Lambda needs files that every user may read.
      { level: 9, mtime: new Date(2000, 0, 1), os: 3, attrs: 0o100644 << 16 },
    ],
  });
  if (zip.length > MAX_BYTES)
    throw new Error(`${ZIP} would have ${zip.length} bytes, more than ${MAX_BYTES}`);
  return { zip, unpacked: code.contents.length, inputs: Object.keys(metafile.inputs) };
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { config: { type: 'string', default: join(PACKAGE, 'authorizer.config.ts') } },
  });
  const { zip, unpacked } = await buildZip(resolve(values.config));
  await mkdir(join(PACKAGE, 'dist'), { recursive: true });
  await writeFile(join(PACKAGE, `${ZIP}.new`), zip);
  await rename(join(PACKAGE, `${ZIP}.new`), join(PACKAGE, ZIP));
  console.log(`aws/${ZIP}: ${zip.length} bytes, ${unpacked} unpacked`);
}

if (import.meta.main) {
  await main().catch((error: Error) => {
    console.error(error.message);
    process.exitCode = 1;
  });
}
