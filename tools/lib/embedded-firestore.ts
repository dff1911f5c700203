import { join } from 'node:path';
import type { FirestoreServer } from '../firestore/server.ts';
import type { DataFolder } from './data-folder.ts';
import { ROOT } from './emulator-setup.ts';

/**
 * Starts the embedded Firestore, in this process. It refuses the queries that production would refuse for want of an
 * index.
 */
export async function startDocuments(port: number, data: DataFolder | undefined): Promise<FirestoreServer> {
  const { startFirestore } = await import('../firestore/server.ts'); // brings gRPC, which not every command needs
  const indexes = join(ROOT, 'firestore.indexes.json');
  try {
    return await startFirestore({ port, indexes, ...(data ? { dataDir: data.firestore } : {}) });
  } catch (error) {
    const what = data?.imported
      ? `the documents in ${data.path} cannot be loaded, and nothing was changed`
      : 'Firestore cannot start';
    throw new Error(`${what}: ${error instanceof Error ? error.message : error}`, { cause: error });
  }
}
