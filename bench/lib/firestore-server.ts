import { startFirestore } from '../../packages/firestore-emulator/server.ts';
import type { FirestoreCall } from './firestore.ts';

/** The embedded Firestore in a process of its own, so that its work is not counted as the API's. Keeps a list of calls. */
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
