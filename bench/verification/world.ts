import { CERTIFICATES, certificates, KEYS, keySet, openGoogle } from '../../functions/test/helpers/google.ts';
import { openFirestoreAt, startFirestoreProcess } from '../lib/firestore.ts';
import { distinctTokens } from '../tokens/mint.ts';
import type { Given } from './verifiers.ts';

/** Tokens, and the Google and the Firestore that go with them. `close` it. */
export interface World extends Given {
  readonly tokens: readonly string[];
  close(): Promise<void>;
}

export async function openWorld(count: number): Promise<World> {
  const { key, tokens } = await distinctTokens(count);
  const google = await openGoogle();
  google.answer(KEYS, () => keySet([key]));
  google.answer(CERTIFICATES, () => certificates([key]));
  const firestore = await startFirestoreProcess();
  return {
    ...{ key, tokens, app: google.app, fetch: google.fetch, firestore: openFirestoreAt(firestore.host) },
    async close() {
      firestore.stop();
      await google.close();
    },
  };
}
