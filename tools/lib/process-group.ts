import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';

const START_TIMEOUT_MS = 90_000;

/**
 * The leader of the group. Its input is a pipe from us that nothing is ever written to: it ends when we do, however that
 * happens. Then, or when the program ends by itself, all of the group goes, whatever the program has started included.
 */
const LEADER = '{ "$@"; kill -9 0; } & read -r line; rm -rf "$0"; kill -9 0';

/** Where a program's output goes. */
export interface Output {
  logFile: string;
  onLine?: (line: string) => void;
}

/** What a program prints when it serves, and when it will not serve although it goes on. */
interface Signs {
  ready: string;
  broken?: string;
}

/** A program in a process group of its own: Ctrl-C does not reach it, and one kill reaches all that it has started. */
export class ProcessGroup {
  /** A folder that goes when the group goes; the program's working directory. */
  readonly scratch: string = mkdtempSync(join(tmpdir(), 'gatehouse-'));
  readonly exited: Promise<unknown>;
  readonly #leader: ChildProcess;
  readonly #name: string;

  /** @param name what people know it by @param env its environment, given its scratch folder */
  constructor(
    name: string,
    [command, ...args]: readonly [string, ...string[]],
    env: (scratch: string) => NodeJS.ProcessEnv,
  ) {
    this.#name = name;
    this.#leader = spawn('sh', ['-c', LEADER, this.scratch, command, ...args], {
      cwd: this.scratch,
      env: env(this.scratch),
      stdio: ['pipe', 'pipe', 'pipe'], // the program itself gets no input, as any that a shell runs beside it
      detached: true,
    });
    this.exited = once(this.#leader, 'close'); // its output is closed when the program is gone, too
    process.once('exit', this.#kill);
  }

  /** Waits until it serves; what it prints goes to the log, and line by line to `onLine`. */
  async untilReady({ ready, broken }: Signs, { logFile, onLine }: Output): Promise<void> {
    mkdirSync(dirname(logFile), { recursive: true });
    const log = createWriteStream(logFile);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const fail = (why: string) => reject(new Error(`${why}; see ${logFile}`));
    const timer = setTimeout(fail, START_TIMEOUT_MS, `${this.#name} did not start in time`);
    this.#leader.once('close', () => fail(`${this.#name} ended before it was ready`));
    for (const stream of [this.#leader.stdout, this.#leader.stderr]) {
      if (!stream) continue;
      createInterface(stream).on('line', (line) => {
        log.write(`${line}\n`);
        onLine?.(line);
        if (line.includes(ready)) resolve();
        if (broken !== undefined && line.includes(broken)) fail(`${this.#name} could not be loaded`);
      });
    }
    await promise.finally(() => clearTimeout(timer));
  }

  /** Ends it outright. */
  async stop(): Promise<void> {
    this.#kill();
    await this.exited;
    process.off('exit', this.#kill);
    rmSync(this.scratch, { recursive: true, force: true, maxRetries: 3 });
  }

  readonly #kill = () => {
    try {
      if (this.#leader.pid) process.kill(-this.#leader.pid, 'SIGKILL');
    } catch {
      // Nothing of the group is left.
    }
    rmSync(this.scratch, { recursive: true, force: true, maxRetries: 3 });
  };
}
