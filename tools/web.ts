// Bundles into web/vendor the Firebase client SDK, since the page loads no script from another host, the functions for
// text that the page shares with the API, the calls of WebAuthn, and the path of the API.
// Run by `npm start`, `npm test` and, as the Hosting predeploy hook in firebase.json, by every deployment.
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
// Imported by path from functions/: tools/ has no dependencies of its own.
import { build } from '../functions/node_modules/esbuild/lib/main.js';
import { checkBasePath } from './lib/base-path.ts';
import { ROOT } from './lib/emulator-setup.ts';
import { FUNCTIONS, fail } from './lib/run.ts';

// The CLI sets the project in the predeploy hook.
const { GCLOUD_PROJECT = 'demo-gatehouse' } = process.env;

function basePath(): string {
  try {
    return checkBasePath(GCLOUD_PROJECT);
  } catch (error) {
    fail(error);
  }
}

const CONTENTS: Record<string, string> = {
  'base-path': `export const BASE_PATH = ${JSON.stringify(basePath())};`,
  // The exports that the page uses. No popup sign-in: it loads a script from apis.google.com.
  firebase: `
export { initializeApp } from 'firebase/app';
export {
  connectAuthEmulator, GoogleAuthProvider, indexedDBLocalPersistence, initializeAuth, onIdTokenChanged,
  signInWithCredential, signInWithCustomToken, signInWithEmailAndPassword, signOut,
} from 'firebase/auth';`,
  webauthn: `
export {
  browserSupportsWebAuthn, browserSupportsWebAuthnAutofill, startAuthentication, startRegistration, WebAuthnAbortService,
} from '@simplewebauthn/browser';`,
};

const { outputFiles } = await build({
  entryPoints: {
    firebase: 'firebase',
    text: join(FUNCTIONS, 'src', 'core', 'text.ts'),
    webauthn: 'webauthn',
    'base-path': 'base-path',
  },
  plugins: [
    {
      name: 'generated',
      setup(build) {
        build.onResolve({ filter: /^(firebase|webauthn|base-path)$/ }, ({ kind, path }) =>
          kind === 'entry-point' ? { path, namespace: 'generated' } : undefined,
        );
        build.onLoad({ filter: /./, namespace: 'generated' }, ({ path }) => ({
          contents: CONTENTS[path] ?? '',
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
