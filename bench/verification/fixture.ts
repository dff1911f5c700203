import { CERTIFICATES, KEYS, keySet, openGoogle } from '../../functions/test/helpers/google.ts';
import { openFirestoreAt, startFirestoreProcess } from '../lib/firestore.ts';
import { googleCertificates } from '../lib/google-certificates.ts';
import { distinctTokens } from '../tokens/mint.ts';
import type { VerifierInput } from './verifiers.ts';

/** Tokens, with a fake Google and a Firestore for them. Call `close`. */
export interface Fixture extends VerifierInput {
  readonly tokens: readonly string[];
  close(): Promise<void>;
}

export async function openFixture(count: number): Promise<Fixture> {
  const { key, tokens } = await distinctTokens(count);
  const google = await openGoogle();
  google.answer(KEYS, () => keySet([key]));
  const certificates = googleCertificates([key]);
  google.answer(CERTIFICATES, () => certificates);
  const firestore = await startFirestoreProcess();
  return {
    ...{ key, tokens, app: google.app, fetch: google.fetch, firestore: openFirestoreAt(firestore.host) },
    async close() {
      firestore.stop();
      await google.close();
    },
  };
}
