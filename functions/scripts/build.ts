import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { build, type Plugin } from 'esbuild';
import { ConfigError } from '../src/core/config-error.ts';
import { ADMIN_SDK, adminSdkWhenCalled } from './admin-sdk-when-called.ts';
import { buildCli } from './build-cli.ts';
import { checkConfiguration } from './check-configuration.ts';
import { generateRules } from './generate-rules.ts';
import { createOpenApiDocument } from './openapi-document.ts';

try {
  checkConfiguration();
} catch (error) {
  if (!(error instanceof ConfigError)) throw error;
  console.error(error.message);
  process.exit(1);
}

const RULES = '../firestore.rules';
const rules = await readFile(RULES, 'utf8');
const generated = generateRules(rules);
if (generated !== rules) await writeFile(RULES, generated);
// As when the CLI reads the exports: no parameter has a value.
process.env.FUNCTIONS_CONTROL_API = 'true';

// Before the bundle, which contains it.
await writeFile('src/meta/openapi.json', `${JSON.stringify(createOpenApiDocument(), null, 2)}\n`);

// The exports of an ES module are static, so the build generates an entry that exports each function.
const { functions } = await import('../src/index.ts');
const ENTRY = 'exported-functions';
const exportedFunctions: Plugin = {
  name: ENTRY,
  setup(build) {
    build.onResolve({ filter: new RegExp(`^${ENTRY}$`) }, ({ path }) => ({ path, namespace: ENTRY }));
    build.onLoad({ filter: /./, namespace: ENTRY }, () => ({
      contents: `import { functions } from './src/index.ts';
        export const { ${Object.keys(functions).join(', ')} } = functions;`,
      resolveDir: '.',
    }));
  },
};

// Few files, SDKs included: opening four hundred small ones takes longer than everything else at a cold start. Each dynamic
// `import()` of the source is a separate file, loaded when it is first needed.
const { outputFiles } = await build({
  entryPoints: { index: ENTRY, ...ADMIN_SDK },
  outdir: 'lib',
  bundle: true,
  splitting: true,
  platform: 'node',
  target: 'node24',
  format: 'esm',
  // Globals that CommonJS packages in the bundle use.
  banner: {
    js: `import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);
const { dirname: __dirname, filename: __filename } = import.meta;`,
  },
  plugins: [exportedFunctions, adminSdkWhenCalled],
  logOverride: { 'import-is-undefined': 'error' },
  // A third less to parse at a cold start. Names are kept for stack traces; the source map has the lines.
  minifyWhitespace: true,
  minifySyntax: true,
  sourcemap: 'linked',
  // Positions are enough for a stack, and a third of the size.
  sourcesContent: false,
  legalComments: 'eof',
  logLevel: 'warning',
  write: false,
});

// Replaces each file at once, the entry last: an emulator may be loading them.
const entry = resolve('lib/index.js');
for (const { path, contents } of outputFiles.toSorted(
  (a, b) => Number(a.path === entry) - Number(b.path === entry),
)) {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(`${path}.new`, contents);
  await rename(`${path}.new`, path);
}
// Files of earlier builds would be deployed, too.
const made = new Set(outputFiles.map(({ path }) => path));
for (const old of await readdir('lib', { recursive: true, withFileTypes: true })) {
  const path = resolve(old.parentPath, old.name);
  if (old.isFile() && !made.has(path)) await rm(path);
}

await buildCli();
