// Bundles into web/vendor the Firebase client SDK, since the page loads no script from another host, and the functions for
// text that the page shares with the API.
// Run by `npm start`, `npm test` and, as the Hosting predeploy hook in firebase.json, by every deployment.
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
// Imported by path from functions/: tools/ has no dependencies of its own.
import { build } from '../functions/node_modules/esbuild/lib/main.js';
import { ROOT } from './lib/emulator-setup.ts';
import { FUNCTIONS } from './lib/run.ts';

/** The exports that the page uses. No popup sign-in: it loads a script from apis.google.com. */
const CONTENTS = `
export { initializeApp } from 'firebase/app';
export {
  connectAuthEmulator, GoogleAuthProvider, indexedDBLocalPersistence, initializeAuth, onIdTokenChanged,
  signInWithCredential, signInWithEmailAndPassword, signOut,
} from 'firebase/auth';`;

const { outputFiles } = await build({
  entryPoints: { firebase: 'firebase', text: join(FUNCTIONS, 'src', 'core', 'text.ts') },
  plugins: [
    {
      name: 'firebase',
      setup(build) {
        build.onResolve({ filter: /^firebase$/ }, ({ kind }) =>
          kind === 'entry-point' ? { path: 'firebase', namespace: 'sdk' } : undefined,
        );
        build.onLoad({ filter: /./, namespace: 'sdk' }, () => ({
          contents: CONTENTS,
          resolveDir: FUNCTIONS,
        }));
      },
    },
  ],
  outdir: join(ROOT, 'web', 'vendor'),
  bundle: true,
  format: 'esm',
  platform: 'browser',
  target: 'es2022',
  minify: true,
  legalComments: 'eof',
  logLevel: 'warning',
  write: false,
});

// Replaced by a rename: the Hosting emulator may be serving the file.
for (const { path, contents } of outputFiles) {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(`${path}.${process.pid}.new`, contents);
  await rename(`${path}.${process.pid}.new`, path);
}
