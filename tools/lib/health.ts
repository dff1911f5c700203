import { setTimeout as sleep } from 'node:timers/promises';

const TIMEOUT_MS = 60_000;

/** How the API reports a wrong configuration; it would do so again at every request. */
const REFUSES = 'Invalid configuration: ';
/** What the emulator says when all of that is said. */
const KILLED = 'Your function was killed';

/** Does the API come up? Its answer tells, or what it prints where it never will. */
export class Health {
  readonly #never = new AbortController();
  #refuses = false;

  /** @param line of what the emulators print */
  read(line: string): void {
    this.#refuses ||= line.includes(REFUSES);
    if (this.#refuses && line.includes(KILLED)) this.#never.abort();
  }

  /** @throws Error that names the log when it does not answer 200 within a minute, or says that it never will */
  async untilGood(url: string, logFile: string): Promise<void> {
    const { signal: never } = this.#never;
    const deadline = Date.now() + TIMEOUT_MS;
    while (Date.now() < deadline && !never.aborted) {
      const signal = AbortSignal.any([never, AbortSignal.timeout(10_000)]);
      const response = await fetch(url, { signal }).catch(() => undefined);
      await response?.body?.cancel();
      if (response?.ok) return;
      await sleep(250, undefined, { signal: never }).catch(() => undefined);
    }
    const why = never.aborted ? 'the configuration of the API is invalid' : `${url} does not answer 200`;
    throw new Error(`${why}; see ${logFile}`);
  }
}
