import { mkdir, rename, writeFile } from 'node:fs/promises';
import { build } from 'esbuild';
import { type Zippable, zipSync } from 'fflate';

const ZIP = 'dist/gatehouse-lambda.zip';
/** A gate is small, or it starts slowly. */
const MAX_BYTES = 1_000_000;

const { outputFiles } = await build({
  entryPoints: ['src/gateways/lambda-entry.ts'],
  outfile: 'index.mjs',
  bundle: true,
  platform: 'node',
  // The older of the two runtimes that Lambda has for it.
  target: 'node22',
  format: 'esm',
  // As in the functions: names stay, so that a stack trace says who.
  minifyWhitespace: true,
  minifySyntax: true,
  legalComments: 'eof',
  logLevel: 'warning',
  write: false,
});

const [code] = outputFiles;
if (code === undefined) throw new Error('there is nothing to put into the zip');
const files: Zippable = {
  'index.mjs': [
    code.contents,
    // One time, in whatever zone: the same source gives the same zip. Lambda wants files that everybody may read.
    { level: 9, mtime: new Date(2000, 0, 1), os: 3, attrs: 0o100644 << 16 },
  ],
};
const zip = zipSync(files);
if (zip.length > MAX_BYTES) throw new Error(`${ZIP} would have ${zip.length} bytes, more than ${MAX_BYTES}`);

await mkdir('dist', { recursive: true });
await writeFile(`${ZIP}.new`, zip);
await rename(`${ZIP}.new`, ZIP);
console.log(`functions/${ZIP}: ${zip.length} bytes, ${code.contents.length} unpacked`);
