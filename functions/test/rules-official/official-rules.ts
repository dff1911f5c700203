import type { TokenOptions } from '@firebase/rules-unit-testing';
import { assertFails, initializeTestEnvironment, type RulesTestContext } from '@firebase/rules-unit-testing';
import { serverTimestamp, setLogLevel } from 'firebase/firestore';
import { type Attempt, type Caller, type Content, SERVER_TIME } from '../rules/access-cases.ts';

type Firestore = ReturnType<RulesTestContext['firestore']>;

/** `host:port` of Google's emulator; undefined where it does not run. */
export const EMULATOR = process.env.FIRESTORE_RULES_EMULATOR_HOST;
/** For the title of a suite. */
export const CONDITION = EMULATOR ? '' : ' (needs FIRESTORE_RULES_EMULATOR_HOST)';

/**
 * Rules on Google's emulator. Every attempt starts from the same stored documents.
 *
 * @param projectId of these rules only
 * @param stored the content of each document, by its path
 */
export async function openRules(
  projectId: string,
  source: string,
  stored: ReadonlyMap<string, Record<string, unknown>>,
) {
  const { hostname: host, port } = new URL(`http://${EMULATOR}`);
  setLogLevel('silent'); // it would warn of each refusal, and most cases are refusals
  const environment = await initializeTestEnvironment({
    projectId,
    firestore: { host, port: Number(port), rules: source },
  });
  const clients = new Map<Caller | null, Firestore>();
  let isAsStored = false;

  /** Restores the stored documents, and deletes all others. */
  async function store(): Promise<void> {
    await environment.clearFirestore();
    await environment.withSecurityRulesDisabled(async (context) => {
      const firestore = context.firestore();
      const batch = firestore.batch();
      for (const [path, content] of stored) batch.set(firestore.doc(path), content);
      await batch.commit();
    });
    isAsStored = true;
  }

  /** One client for each caller, because a client has one user. */
  function clientOf(caller: Caller | null): Firestore {
    const client = clients.get(caller) ?? contextOf(caller).firestore();
    clients.set(caller, client);
    return client;
  }

  function contextOf(caller: Caller | null) {
    if (!caller) return environment.unauthenticatedContext();
    const claims = caller.claims(Math.floor(Date.now() / 1000));
    return environment.authenticatedContext(caller.uid, claims as TokenOptions); // malformed ones on purpose
  }

  return {
    async allows(caller: Caller | null, attempt: Attempt): Promise<boolean> {
      if (!isAsStored) await store();
      try {
        await make(clientOf(caller), attempt);
      } catch (error) {
        await assertFails(Promise.reject(error)); // anything but a refusal fails the test
        return false;
      }
      isAsStored = attempt.operation === 'get' || attempt.operation === 'list';
      return true;
    },
    close: () => environment.cleanup(),
  };
}

/** Reads from the server, never from the cache. A whole-document `set` is a create or an update, by what is stored. */
async function make(firestore: Firestore, { operation, path, query, document }: Attempt): Promise<void> {
  if (operation === 'delete') return firestore.doc(path).delete();
  if (document) return firestore.doc(path).set(withServerTime(document));
  if (!query) {
    await firestore.doc(path).get({ source: 'server' });
    return;
  }
  let request = query.isGroup ? firestore.collectionGroup(path) : firestore.collection(path);
  for (const [field, value] of Object.entries(query.where)) request = request.where(field, '==', value);
  if (query.limit !== null) request = request.limit(query.limit);
  await request.get({ source: 'server' });
}

function withServerTime(content: Content): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(content).map(([name, value]) => [name, value === SERVER_TIME ? serverTimestamp() : value]),
  );
}
