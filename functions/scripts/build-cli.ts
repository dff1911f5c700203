import { build, type Plugin } from 'esbuild';

/**
 * Bundles functions/cli into `gatehouse.js`, which needs no other package. It is part of the npm package, but not of what is
 * deployed.
 */
export async function buildCli(outdir = 'dist', plugins: readonly Plugin[] = []): Promise<void> {
  await build({
    entryPoints: { gatehouse: 'cli/main.ts' },
    outdir,
    plugins: [...plugins],
    bundle: true,
    platform: 'node',
    target: 'node22',
    format: 'esm',
    banner: {
      js: `#!/usr/bin/env node
import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);
const { dirname: __dirname, filename: __filename } = import.meta;`,
    },
    minifyWhitespace: true,
    minifySyntax: true,
    legalComments: 'eof',
    logLevel: 'warning',
  });
}
