import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join, resolve } from 'node:path';
import type { FirestoreKind } from './firestore-option.ts';

/**
 * The folder of `npm start -- --data <folder>`. The users and documents of one run are saved together as
 * `snapshot-<n>`: written under another name, put in place by one rename, and only then the previous snapshot is
 * deleted. A run that is killed leaves the previous snapshot unchanged.
 */
export interface DataFolder {
  path: string;
  /** The last snapshot, if there is one: the Firebase CLI's export, and the Firestore documents. */
  kept: { emulators: string; documents: string } | undefined;
  /** Folder for the export of this run. */
  exported: string;
  /**
   * Folder for the Firestore documents. Google's emulator exports them to it on request; the embedded one stores them
   * in it while it runs, and starts with a copy of the last snapshot.
   */
  documents: string;
  /** Makes the export and documents of this run the newest snapshot. Both must be complete. */
  commit(): void;
}

/** The contents of `snapshot.json`. */
interface Snapshot {
  format: 1;
  firestore: FirestoreKind;
}

const SNAPSHOT = /^snapshot-(\d+)$/;

/**
 * Opens or creates a data folder.
 *
 * @throws Error, with nothing changed, if it is in use, is not a data folder, is damaged or of the other Firestore
 */
export function openDataFolder(folder: string, firestore: FirestoreKind): DataFolder {
  const path = resolve(folder);
  const last = existsSync(path) ? findLast(path) : 0;
  const snapshot = (n: number) => join(path, `snapshot-${n}`);
  const kept = last > 0 ? contentsOf(snapshot(last)) : undefined;
  if (kept) checkSnapshot(snapshot(last), firestore);

  mkdirSync(path, { recursive: true });
  const running = claim(path);
  const release = () => rmSync(running, { recursive: true, force: true, maxRetries: 3 });
  process.once('exit', release);
  const { emulators, documents } = contentsOf(running);
  if (firestore === 'embedded') {
    mkdirSync(documents);
    if (kept) cpSync(kept.documents, documents, { recursive: true });
  }
  return {
    path,
    kept,
    exported: emulators,
    documents,
    commit() {
      const about: Snapshot = { format: 1, firestore };
      writeFileSync(join(running, 'snapshot.json'), JSON.stringify(about));
      rmSync(join(running, 'pid'));
      renameSync(running, snapshot(last + 1));
      process.off('exit', release);
      for (const n of numbersIn(path)) {
        if (n <= last) rmSync(snapshot(n), { recursive: true, force: true, maxRetries: 3 });
      }
    },
  };
}

const contentsOf = (folder: string) => ({
  emulators: join(folder, 'emulators'),
  documents: join(folder, 'firestore'),
});
const numbersIn = (path: string) => readdirSync(path).map((name) => Number(SNAPSHOT.exec(name)?.[1] ?? 0));

/** The number of the newest snapshot; 0 in an empty folder. */
function findLast(path: string): number {
  const last = Math.max(0, ...numbersIn(path));
  const isForeign = last === 0 && readdirSync(path).some((name) => name !== 'running');
  if (isForeign)
    throw new Error(`${path} holds something else than Gatehouse's data; name a new or empty folder`);
  return last;
}

/** Checks the files that would make the emulators fail. @throws Error that names the damaged file */
function checkSnapshot(snapshot: string, firestore: FirestoreKind): void {
  const damaged = (name: string) =>
    new Error(
      `the data in ${snapshot} are damaged (${name}); nothing was changed; restore them, or name another folder`,
    );
  const read = (name: string): Record<string, unknown> => {
    try {
      const content: unknown = JSON.parse(readFileSync(join(snapshot, name), 'utf8'));
      if (typeof content === 'object' && content !== null) return { ...content };
    } catch {
      // Missing or not JSON: reported below.
    }
    throw damaged(name);
  };
  const about: Partial<Snapshot> = read('snapshot.json');
  if (about.format !== 1)
    throw new Error(`the data in ${snapshot} was saved by another version of Gatehouse`);
  if (about.firestore !== firestore) {
    throw new Error(
      `the data in ${snapshot} are of --firestore=${about.firestore}; use that, or name another folder`,
    );
  }
  for (const name of [
    'firebase-export-metadata.json',
    'auth_export/config.json',
    'auth_export/accounts.json',
  ]) {
    read(`emulators/${name}`);
  }
  if (!existsSync(join(snapshot, 'firestore'))) throw damaged('firestore');
}

/** Creates the folder of this run, which is also the lock. Files of a killed run are deleted. */
function claim(path: string): string {
  const running = join(path, 'running');
  const pid = join(running, 'pid');
  const holder = existsSync(pid) ? Number(readFileSync(pid, 'utf8')) : 0;
  if (holder > 0 && isAlive(holder)) {
    throw new Error(`${path} is in use by process ${holder}; stop it, or name another folder`);
  }
  rmSync(running, { recursive: true, force: true });
  mkdirSync(running);
  writeFileSync(pid, String(process.pid));
  return running;
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'; // a process of another user
  }
}
