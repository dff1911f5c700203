import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';

const START_TIMEOUT_MS = 90_000;

/**
 * The leader of the group. Its input is a pipe from this process, closed when this process ends. Then, or when the
 * program ends, it kills the whole group, including the processes that the program has started.
 */
const LEADER = '{ "$@"; kill -9 0; } & read -r line; rm -rf "$0"; kill -9 0';

/** Where a program's output goes. */
export interface Output {
  logFile: string;
  onLine?: (line: string) => void;
}

/** What a program prints when it serves, and when it cannot serve although it keeps running. */
interface Signs {
  ready: string;
  broken?: string;
}

/** A program in its own process group: Ctrl-C does not reach it, and one kill ends it with all its children. */
export class ProcessGroup {
  /** The program's working directory, deleted when the group ends. */
  readonly scratch: string = mkdtempSync(join(tmpdir(), 'gatehouse-'));
  readonly exited: Promise<unknown>;
  readonly #leader: ChildProcess;
  readonly #name: string;

  /** @param name the name in error messages @param env returns the environment for a scratch folder */
  constructor(
    name: string,
    [command, ...args]: readonly [string, ...string[]],
    env: (scratch: string) => NodeJS.ProcessEnv,
  ) {
    this.#name = name;
    this.#leader = spawn('sh', ['-c', LEADER, this.scratch, command, ...args], {
      cwd: this.scratch,
      env: env(this.scratch),
      stdio: ['pipe', 'pipe', 'pipe'], // a shell gives a background program no input
      detached: true,
    });
    this.exited = once(this.#leader, 'close'); // its output closes only after the program has ended
    process.once('exit', this.#kill);
  }

  /** Waits until it serves. Its output goes to the log file and, line by line, to `onLine`. */
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

  /** Kills the group. */
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
      // The group has ended already.
    }
    rmSync(this.scratch, { recursive: true, force: true, maxRetries: 3 });
  };
}
