import { join } from 'node:path';
import type { DataFolder } from './data-folder.ts';
import { ROOT } from './emulator-setup.ts';
import type { Documents, DocumentsOptions } from './firestore-emulator.ts';

/**
 * Starts the embedded Firestore in this process. It refuses queries that need a missing index, as production does.
 */
export async function startEmbedded({
  port,
  data,
}: Pick<DocumentsOptions, 'port' | 'data'>): Promise<Documents> {
  const { startFirestore } = await import('../../packages/firestore-emulator/server.ts'); // loads gRPC, which not every command needs
  const indexes = join(ROOT, 'firestore.indexes.json');
  try {
    const { stop } = await startFirestore({ port, indexes, ...(data ? { dataDir: data.documents } : {}) });
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
