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
 * What `npm start -- --data <folder>` keeps. One run's users and documents belong together, so they are one folder,
 * `snapshot-<n>`: made beside the last one under another name, put in place by one rename, and only then the last one
 * goes. A run that is killed leaves the last snapshot as it was.
 */
export interface DataFolder {
  path: string;
  /** What the last run has kept, if there was one: the Firebase CLI's export, and Firestore's documents. */
  kept: { emulators: string; documents: string } | undefined;
  /** Where this run's export goes. */
  exported: string;
  /**
   * Where Firestore's documents go: Google's emulator puts them there when it is asked to; the embedded one keeps them
   * there, and starts with a copy of the last run's.
   */
  documents: string;
  /** Makes of this run's export and documents the newest snapshot. Both must be complete. */
  commit(): void;
}

/** What a snapshot says about itself. */
interface Snapshot {
  format: 1;
  firestore: FirestoreKind;
}

const SNAPSHOT = /^snapshot-(\d+)$/;

/**
 * Opens a data folder, or makes one. Throws an error for people to read where it is in use, is no such folder, was made
 * with the other Firestore, or cannot be read; nothing in it has been changed then.
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

/** Reads whatever the emulators would stumble over. */
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
      // Missing, or no JSON: said below.
    }
    throw damaged(name);
  };
  const about: Partial<Snapshot> = read('snapshot.json');
  if (about.format !== 1) throw new Error(`the data in ${snapshot} are of another version of Gatehouse`);
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

/** Makes the folder of this run; it is the lock, too. What a killed run has left there goes. */
function claim(path: string): string {
  const running = join(path, 'running');
  const pid = join(running, 'pid');
  const holder = existsSync(pid) ? Number(readFileSync(pid, 'utf8')) : 0;
  if (holder > 0 && isAlive(holder)) {
    throw new Error(`${path} is in use by process ${holder}; end it, or name another folder`);
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
    return error instanceof Error && 'code' in error && error.code === 'EPERM'; // somebody else's
  }
}
