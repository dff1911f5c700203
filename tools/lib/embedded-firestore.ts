import { join } from 'node:path';
import { isDocumentsFile } from '../../packages/firestore-emulator/documents-file.ts';
import type { DataFolder } from './data-folder.ts';
import { ROOT } from './emulator-setup.ts';
import type { Documents, DocumentsOptions } from './firestore-emulator.ts';

/**
 * Starts the embedded Firestore in this process. It refuses queries that need a missing index, as production does.
 */
export async function startEmbedded({
  port,
  data,
  seed,
}: Pick<DocumentsOptions, 'port' | 'data' | 'seed'>): Promise<Documents> {
  const { startFirestore } = await import('../../packages/firestore-emulator/server.ts'); // loads gRPC, which not every command needs
  if (seed !== undefined && !isDocumentsFile(seed)) {
    throw new Error(`${seed} was exported from Google's emulator: use --firestore=official`);
  }
  const indexes = join(ROOT, 'firestore.indexes.json');
  try {
    const { stop } = await startFirestore({
      port,
      indexes,
      ...(data ? { dataDir: data.documents } : {}),
      ...(seed ? { seed } : {}),
    });
    return { exited: Promise.withResolvers().promise, save: async () => {}, stop };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Error(
      data?.kept ? explainDamage(why, data, data.kept.documents) : `Firestore cannot start: ${why}`,
      {
        cause: error,
      },
    );
  }
}

/** The embedded Firestore loads a copy: the message names the folder of the saved documents instead. */
function explainDamage(why: string, { path, documents }: DataFolder, kept: string): string {
  return `the documents in ${path} cannot be loaded, and nothing was changed: ${why.replaceAll(documents, kept)}`;
}
