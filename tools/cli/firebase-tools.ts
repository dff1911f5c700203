import { createRequire } from 'node:module';

/**
 * Modules of the Firebase CLI, which has no API for them and no types. Each file beside this one declares what it uses. The
 * tests in tools/test that start the real CLI show whether a new version still has it.
 */
export const requireFromCli = createRequire(
  createRequire(import.meta.url).resolve('firebase-tools/package.json'),
);

export interface Logger {
  logLabeled(level: 'WARN' | 'BULLET', label: string, text: string): void;
}

/** The CLI's log of an emulator. Its lines begin with ⚠ or i, and the label. */
export function loggerOf(emulator: string): Logger {
  const { EmulatorLogger }: { EmulatorLogger: { forEmulator(name: string): Logger } } = requireFromCli(
    './lib/emulator/emulatorLogger.js',
  );
  return EmulatorLogger.forEmulator(emulator);
}

/** An error with a message that the CLI prints. For other errors it prints a fixed text. */
export function cliError(message: string): Error {
  const { FirebaseError }: { FirebaseError: new (message: string) => Error } =
    requireFromCli('./lib/error.js');
  return new FirebaseError(message);
}
