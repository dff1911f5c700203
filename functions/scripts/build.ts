import { rm, writeFile } from 'node:fs/promises';
import { build } from 'esbuild';
import { createOpenApiDocument } from './openapi-document.ts';

// The document first, because the bundle contains it.
await writeFile('src/http/openapi.json', `${JSON.stringify(createOpenApiDocument(), null, 2)}\n`);

// One file, SDKs included: opening some four hundred small ones takes longer than everything else at a cold start.
await rm('lib', { recursive: true, force: true });
await build({
  entryPoints: ['src/index.ts'],
  outfile: 'lib/index.js',
  bundle: true,
  platform: 'node',
  target: 'node24',
  format: 'esm',
  // CommonJS packages in the bundle ask for Node's own modules with require().
  banner: {
    js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
  },
  sourcemap: 'linked',
  legalComments: 'eof',
  logLevel: 'warning',
});
