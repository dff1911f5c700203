// npm start: builds, starts the emulators, seeds demo users, prints what to try, and ends it all on Ctrl-C. Usage: usage/start.txt.
import { relative } from 'node:path';
import type { LocalIssuers } from './issuers/start-issuers.ts';
import { checkBasePath } from './lib/base-path.ts';
import { type DataFolder, openDataFolder } from './lib/data-folder.ts';
import { ROOT } from './lib/emulator-setup.ts';
import { type Emulators, startEmulators } from './lib/emulators.ts';
import { Health } from './lib/health.ts';
import { readable } from './lib/log-line.ts';
import { FIXED_PORTS, findTakenPort, ISSUER_PORTS } from './lib/ports.ts';
import { Rebuilding } from './lib/rebuilding.ts';
import { FUNCTIONS, fail, run } from './lib/run.ts';
import { readStartOptions, type StartOptions } from './lib/start-options.ts';
import { welcome } from './lib/welcome.ts';
import { seedDemoUsers } from './seed.ts';

const PROJECT_ID = 'demo-gatehouse';

let emulators: Emulators | undefined;
let issuers: LocalIssuers | undefined;
let data: DataFolder | undefined;
let options: StartOptions | undefined;
let rebuilding: Rebuilding | undefined;
let isReady = false;
let isStopping = false;

/** Ctrl-C arrives twice, from the terminal and through npm: the second signal is ignored. */
async function shutDown() {
  if (isStopping) return;
  isStopping = true;
  if (!emulators) process.exit(130); // exit handlers stop what has been started so far
  rebuilding?.stop();
  if (data && isReady) await emulators.saveAndStop(data).catch(fail);
  else if (options?.exportTo && isReady) await emulators.exportAndStop(options.exportTo).catch(fail);
  else await emulators.stop();
  await issuers?.stop();
  const saved = isReady ? (data?.path ?? options?.exportTo) : undefined;
  console.log(`\nGatehouse has stopped${saved ? `; its data is in ${saved}` : ''}.`);
  process.exit(0);
}

async function start() {
  options = readStartOptions();
  const { firestore, ports, withIssuers, verbose, importFrom } = options;
  const { ui, websocket, ...services } = FIXED_PORTS;
  const wanted = { ...services, ...(withIssuers ? ISSUER_PORTS : {}) };
  const taken = ports === 'fixed' ? await findTakenPort(wanted) : undefined;
  if (taken) {
    throw new Error(
      `port ${taken.port}, wanted by ${taken.service}, is taken; ` +
        `stop the process that uses it (lsof -i :${taken.port}) or run: npm start -- --free-ports`,
    );
  }
  checkBasePath(PROJECT_ID); // before the build, which takes longer
  if (options.data !== undefined) data = openDataFolder(options.data, firestore);
  const begin = performance.now();
  console.log('Gatehouse is starting ...');
  if ((await run('npm', ['--prefix', FUNCTIONS, '--loglevel=error', 'run', 'build'])) !== 0) {
    throw new Error('building the functions failed');
  }
  if ((await run('node', [`${ROOT}/tools/web.ts`])) !== 0) throw new Error('building the page failed');

  const logOf = (name: string) =>
    `${ROOT}/.gatehouse/${name}${ports === 'free' ? `-${process.pid}` : ''}.log`;
  const logFile = logOf('emulators');
  if (withIssuers) {
    const { startIssuers } = await import('./issuers/start-issuers.ts'); // takes half a second; loaded only when asked for
    issuers = await startIssuers({ ports, logFile: logOf('issuers') });
  }
  const health = new Health();
  emulators = await startEmulators({
    projectId: PROJECT_ID,
    firestore,
    ...(data ? { data } : {}),
    ...(issuers ? { emulatorConfig: { trustedIssuers: issuers.trustedIssuers } } : {}),
    ...{ ports, importFrom, cliOptions: options.cliOptions, ui: true },
    logFile,
    onLine: (line) => {
      health.read(line);
      rebuilding?.read(line);
      const text = verbose ? line : isStopping ? undefined : readable(line);
      if (text !== undefined) console.log(text);
    },
  });
  void emulators.exited.then(() => {
    if (!isStopping) fail(`the emulators stopped unexpectedly; see ${logFile}`);
  });
  await health.untilGood(`${emulators.urls.api}/health`, logFile);
  Object.assign(process.env, emulators.env);
  // Saved data is not changed, demo users included.
  if (!data?.kept && !importFrom) await seedDemoUsers(PROJECT_ID);
  isReady = true;
  const seconds = (performance.now() - begin) / 1000;
  const more = { ...(data ? { dataFolder: data.path } : {}), ...(issuers ? { issuers } : {}) };
  console.log(welcome({ emulators, firestore, seconds, logFile: relative(ROOT, logFile), ...more }));
  if (options.watch) rebuilding = new Rebuilding();
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, shutDown);
start().catch((error) => isStopping || fail(error));
