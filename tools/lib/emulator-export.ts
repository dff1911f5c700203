import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { HOST } from './ports.ts';

const TIMEOUT_MS = 60_000;

/** Lets the Firebase CLI export the data of its emulators to a folder. @param targets default: all that have an export */
export async function exportEmulators(path: string, hubPort: number, targets?: string[]): Promise<void> {
  const response = await fetch(`http://${HOST}:${hubPort}/_admin/export`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ path, ...(targets ? { targets } : {}), initiatedBy: 'gatehouse' }),
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  if (response.ok) return;
  const { message } = (await response.json()) as { message: string };
  throw new Error(message);
}

/** The metadata file of Firestore in an export of the Firebase CLI, if it has one. @throws Error if there is no export */
export function firestoreExportIn(folder: string): string | undefined {
  const metadata = join(folder, 'firebase-export-metadata.json');
  if (!existsSync(metadata)) throw new Error(`${folder} has no export of the emulators`);
  const { firestore } = JSON.parse(readFileSync(metadata, 'utf8'));
  return firestore && join(folder, firestore.metadata_file);
}
