import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { type FSWatcher, utimesSync, watch } from 'node:fs';
import { join, sep } from 'node:path';
import { ROOT } from './emulator-setup.ts';
import { FUNCTIONS, functionsBin } from './run.ts';

/** An editor writes a file in several steps; a formatter or Git several files. */
const SETTLE_MS = 30;
const GENERATED = join('meta', 'openapi.json');
const LOADED = 'Loaded functions definitions from source';
const NOT_LOADED = 'Failed to load function definition';
const STILL = 'the emulator still serves the previous build.';

/** What Node prints about itself around an error of the code. */
const FRAMES = /^(?:node:internal.*| +(?:at |throw |triggerUncaught|\^$).*|Node\.js v.*)\n?/gm;

/**
 * Builds the functions again after each change of their source. The functions emulator sees the new build by itself.
 * Types are checked after that, so that a change is served at once; the terminal says what is served with an error.
 */
export class Rebuilding {
  readonly #watchers: FSWatcher[] = [];
  #run: AbortController | undefined;
  /** Time of the first change that is not served yet, of `performance.now()`. */
  #changedAt: number | undefined;
  #isBuilt = false;
  #settling: NodeJS.Timeout | undefined;

  constructor() {
    this.#watch(join(FUNCTIONS, 'src'), true, (name) => {
      if (name.endsWith('.ts') || (name.endsWith('.json') && !name.endsWith(GENERATED)))
        this.#changed(join('src', name));
    });
    this.#watch(FUNCTIONS, false, (name) => {
      if (name === 'gatehouse.config.ts') this.#changed(name);
      else if (name.startsWith('.env') || name === '.secret.local') this.#reload(name);
    });
    this.#watch(ROOT, false, (name) => {
      if (name === 'firebase.json' || name === 'firestore.indexes.json')
        console.log(`${name} changed: start again to use it.`);
    });
    console.log('Watching functions/src and gatehouse.config.ts.');
  }

  /** @param line output of the emulators */
  read(line: string): void {
    if (line.includes(NOT_LOADED)) console.log(`The new build cannot be loaded; ${STILL}`);
    if (!line.includes(LOADED) || !this.#isBuilt || this.#changedAt === undefined) return;
    console.log(`Reloaded ${seconds(this.#changedAt)} after the change.`);
    this.#changedAt = undefined;
  }

  stop(): void {
    for (const watcher of this.#watchers) watcher.close();
    clearTimeout(this.#settling);
    this.#run?.abort();
  }

  #watch(folder: string, recursive: boolean, onChange: (name: string) => void) {
    this.#watchers.push(watch(folder, { recursive }, (_event, name) => name !== null && onChange(name)));
  }

  #changed(name: string): void {
    this.#changedAt ??= performance.now();
    this.#isBuilt = false;
    clearTimeout(this.#settling);
    this.#settling = setTimeout(() => void this.#rebuild(name), SETTLE_MS);
  }

  /** The emulator reads parameters when it loads the functions: it does so when a built file changes. */
  #reload(name: string): void {
    console.log(`functions/${name} changed: reloading ...`);
    this.#changedAt ??= performance.now();
    this.#isBuilt = true;
    utimesSync(join(FUNCTIONS, 'lib', 'index.js'), new Date(), new Date());
  }

  async #rebuild(name: string): Promise<void> {
    this.#run?.abort();
    const run = new AbortController();
    this.#run = run;
    const { signal } = run;
    console.log(`functions/${name.split(sep).join('/')} changed: building ...`);
    this.#isBuilt = true; // before its last file is written: the emulator may be faster than the end of the process
    const built = await finish('node', ['scripts/build.ts', '--functions'], signal);
    if (signal.aborted) return;
    if (built.code !== 0) {
      this.#changedAt = undefined;
      console.log(`${built.output.replaceAll(FRAMES, '')}\nThe build failed; ${STILL}`);
      return;
    }
    const types = await finish(functionsBin('tsc'), ['-p', 'tsconfig.build.json'], signal);
    if (signal.aborted) return;
    if (types.code === 0) console.log('No type errors.');
    else
      console.log(
        `${types.output}\nType errors: the emulator serves this build all the same, a deployment does not.`,
      );
  }
}

const seconds = (since: number) => `${((performance.now() - since) / 1000).toFixed(1)} s`;

/** Runs a program in functions/. @returns its exit code and output; after an abort, only that it has ended */
async function finish(command: string, args: string[], signal: AbortSignal) {
  const child = spawn(command, args, { cwd: FUNCTIONS, stdio: ['ignore', 'pipe', 'pipe'] });
  const end = () => child.kill();
  signal.addEventListener('abort', end);
  process.once('exit', end);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk));
  const [code] = await once(child, 'close');
  process.off('exit', end);
  signal.removeEventListener('abort', end);
  return { code, output: output.trimEnd() };
}
