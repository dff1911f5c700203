/**
 * The cases of functions/test/rules, run with the client SDK on Google's Firestore emulator. `npm test` starts it if
 * the Google Cloud CLI or the Firebase CLI has installed it, and Java is there:
 *
 *     npm test -- rules-official
 *
 * or, if an emulator runs already, mocha on this file with FIRESTORE_RULES_EMULATOR_HOST=127.0.0.1:<port>. The name
 * differs from FIRESTORE_EMULATOR_HOST because that may be the embedded Firestore, which does not evaluate rules.
 * Without the variable each test is skipped by name. The project id is used by these tests only.
 */
import { readFileSync } from 'node:fs';
import {
  assertFails,
  initializeTestEnvironment,
  type RulesTestContext,
  type RulesTestEnvironment,
  type TokenOptions,
} from '@firebase/rules-unit-testing';
import { serverTimestamp, setLogLevel } from 'firebase/firestore';
import { type Attempt, type Caller, type Content, SERVER_TIME } from '../rules/access-cases.ts';
import { STORED } from '../rules/access-matrix.ts';
import { defineAccessTests } from '../rules/access-suite.ts';

type Firestore = ReturnType<RulesTestContext['firestore']>;

const emulator = process.env.FIRESTORE_RULES_EMULATOR_HOST;
const condition = emulator ? '' : ' (needs FIRESTORE_RULES_EMULATOR_HOST)';
const source = readFileSync(new URL('../../../firestore.rules', import.meta.url), 'utf8');

describe(`firestore.rules on Google’s emulator${condition}`, () => {
  let environment: RulesTestEnvironment;
  const clients = new Map<Caller | null, Firestore>();
  let isAsStored = false;

  before(async function () {
    if (!emulator) return this.skip();
    const { hostname: host, port } = new URL(`http://${emulator}`);
    setLogLevel('silent'); // it would warn of each refusal, and most cases are refusals
    environment = await initializeTestEnvironment({
      projectId: 'demo-gatehouse-rules',
      firestore: { host, port: Number(port), rules: source },
    });
  });
  after(() => environment?.cleanup());

  defineAccessTests(async (caller, attempt) => {
    if (!isAsStored) await store();
    try {
      await make(clientOf(caller), attempt);
    } catch (error) {
      await assertFails(Promise.reject(error)); // anything but a refusal fails the test
      return false;
    }
    isAsStored = attempt.operation === 'get' || attempt.operation === 'list';
    return true;
  });

  /** Restores the stored documents, and deletes all others. */
  async function store(): Promise<void> {
    await environment.clearFirestore();
    await environment.withSecurityRulesDisabled(async (context) => {
      const firestore = context.firestore();
      const batch = firestore.batch();
      for (const [path, content] of STORED) batch.set(firestore.doc(path), content);
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
});

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
