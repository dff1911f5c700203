import { setTimeout as sleep } from 'node:timers/promises';

const TIMEOUT_MS = 60_000;

/** The API prints this when its configuration is invalid. It fails again at every request. */
const REFUSES = 'Invalid configuration: ';
/** The emulator prints this after the API's error. */
const KILLED = 'Your function was killed';

/** Waits for the API to start. Reads the output of the emulators to fail early on an invalid configuration. */
export class Health {
  readonly #never = new AbortController();
  #refuses = false;

  /** @param line output of the emulators */
  read(line: string): void {
    this.#refuses ||= line.includes(REFUSES);
    if (this.#refuses && line.includes(KILLED)) this.#never.abort();
  }

  /** @throws Error that names the log, if the API does not answer 200 within a minute or its configuration is invalid */
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
