import { startFirestore } from '../../packages/firestore-emulator/server.ts';
import type { FirestoreCall } from './firestore.ts';

/** Runs the embedded Firestore in a separate process, so that its CPU time is not the server's. Records the calls. */
const calls: FirestoreCall[] = [];
const { host } = await startFirestore({
  indexes: new URL('../../firestore.indexes.json', import.meta.url).pathname,
  beforeCall: (method) => {
    calls.push({ method, at: performance.now() });
  },
});
process.on('message', () => process.send?.({ calls }));
process.on('disconnect', () => process.exit());
process.send?.({ host });
