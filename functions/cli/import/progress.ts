import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { ImportProgress } from '../../src/directory/import-users.ts';

/** What a run was asked to do. One that is asked for something else has to begin with the first user. */
export interface ImportRun {
  readonly database: string;
  readonly map: readonly string[];
  readonly force: boolean;
  readonly defaultRole: boolean;
}

/** Where a run that was cut short goes on. */
interface Progress {
  readonly pageToken: string;
  readonly imported: ImportProgress;
}

/** In the working directory. */
export function progressFile(project: string, run: ImportRun) {
  const file = resolve('.gatehouse', `import-users-${project}.json`);
  return {
    /** @throws Error if the run that was cut short had other arguments */
    read(): Progress | undefined {
      let stored: Progress & { readonly run?: ImportRun };
      try {
        stored = JSON.parse(readFileSync(file, 'utf8'));
      } catch {
        return undefined;
      }
      if (isDeepStrictEqual(stored.run, run)) return stored;
      throw new Error(
        `The interrupted run had other arguments: ${JSON.stringify(stored.run)}. Repeat those, or add --restart.`,
      );
    },
    write(progress: Progress): void {
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(`${file}.new`, JSON.stringify({ ...progress, run }));
      renameSync(`${file}.new`, file);
    },
    remove: () => rmSync(file, { force: true }),
  };
}
