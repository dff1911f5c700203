import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { ImportProgress } from '../../src/directory/import-users.ts';

/** Where a run that was cut short goes on. */
interface Progress {
  readonly pageToken: string;
  readonly imported: ImportProgress;
  /** Its `--map` arguments. */
  readonly map: readonly string[];
}

/** In the working directory. */
export function progressFile(project: string) {
  const file = resolve('.gatehouse', `import-users-${project}.json`);
  return {
    read(): Progress | undefined {
      try {
        return JSON.parse(readFileSync(file, 'utf8'));
      } catch {
        return undefined;
      }
    },
    write(progress: Progress): void {
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(`${file}.new`, JSON.stringify(progress));
      renameSync(`${file}.new`, file);
    },
    remove: () => rmSync(file, { force: true }),
  };
}
