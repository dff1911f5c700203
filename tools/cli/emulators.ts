// Loaded before the Firebase CLI when it starts or uses emulators.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { ROOT } from '../lib/emulator-setup.ts';
import { freeDebuggerPortFirst } from './debugger.ts';
import { needNoLoginInDemoProjects } from './demo-project.ts';
import { requireFromCli } from './firebase-tools.ts';
import { useFirestoreOfThisRepository } from './firestore.ts';
import { serveHostingWithoutSite } from './hosting.ts';
import { useDirectConnections } from './network.ts';
import { startUiIfThereIsOne } from './ui.ts';

needNoLoginInDemoProjects();
useDirectConnections();
serveHostingWithoutSite();
useFirestoreOfThisRepository();
startUiIfThereIsOne();
freeDebuggerPortFirst();

// Through a file: over HTTP the CLI waits four seconds for a kept-alive connection each time it loads the functions.
process.env.FIREBASE_FUNCTIONS_DISCOVERY_OUTPUT_PATH ??= 'true';

// The Auth emulator compiles a validator for every field of Google's API at start: 8 of 12 seconds.
// Its OpenAPI library can compile each on first use, an option that the CLI does not set.
type Middleware = (document: unknown, options: object) => unknown;
const exegesis: { middleware: Middleware } = requireFromCli('exegesis-express');
const { middleware } = exegesis;
exegesis.middleware = (document, options) =>
  middleware(document, { ...options, lazyCompileValidationSchemas: true });

// The page's scripts are built by `npm start`, `npm test` and deployments. A plain start may come before them.
const PAGE = join(ROOT, 'web/vendor/firebase.js');
if (process.argv.some((arg) => /^emulators:(start|exec)$/.test(arg)) && !existsSync(PAGE))
  spawnSync(process.execPath, [join(ROOT, 'tools/web.ts')], { stdio: 'inherit' });

// The functions are loaded again this long after the last change. The CLI waits a second; the build writes all at once.
const RELOAD_DELAY_MS = 100;
type Debounce = (call: () => void, delayMs: number, options?: object) => () => void;
const utils: { debounce: Debounce } = requireFromCli('./lib/utils.js');
const { debounce } = utils;
utils.debounce = (call, delayMs, options) => debounce(call, Math.min(delayMs, RELOAD_DELAY_MS), options);

// Emulators may run in another folder than the CLI: the path of an export must not depend on it.
interface HubExport {
  tmpDir: string;
  exportAll(): Promise<void>;
}
const { HubExport }: { HubExport: { prototype: HubExport } } = requireFromCli('./lib/emulator/hubExport.js');
const { exportAll } = HubExport.prototype;
HubExport.prototype.exportAll = async function () {
  this.tmpDir = resolve(this.tmpDir);
  await exportAll.call(this);
};
