import { setTimeout as sleep } from 'node:timers/promises';
import { loggerOf, requireFromCli } from './firebase-tools.ts';

/** How long the start waits for the download of the Emulator UI (4 MB, once). A longer one is ready for the next start. */
const DOWNLOAD_MS = 10_000;

interface Emulator {
  getName(): string;
}
interface Downloads {
  downloadIfNecessary(name: 'ui'): Promise<unknown>;
}

/** Starts the emulators without their UI if it cannot be downloaded. The CLI alone does not start any of them then. */
export function startUiIfThereIsOne(): void {
  const downloads: Downloads = requireFromCli('./lib/emulator/downloadableEmulators.js');
  interface Registry {
    start(emulator: Emulator): Promise<void>;
  }
  const { EmulatorRegistry }: { EmulatorRegistry: Registry } = requireFromCli('./lib/emulator/registry.js');
  const isThere = async () => {
    const download = downloads.downloadIfNecessary('ui').then(
      () => true,
      () => false,
    );
    return Promise.race([download, sleep(DOWNLOAD_MS, false, { ref: false })]);
  };
  const logger = loggerOf('ui');
  const { start } = EmulatorRegistry;
  EmulatorRegistry.start = async function (emulator) {
    if (emulator.getName() !== 'ui' || (await isThere())) await start.call(this, emulator);
    else logger.logLabeled('BULLET', 'ui', 'not downloaded; the emulators run without it');
  };
}
