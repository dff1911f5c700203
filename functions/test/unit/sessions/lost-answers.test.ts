import assert from 'node:assert/strict';
import type { FirestoreServer } from '../../../../packages/firestore-emulator/server.ts';
import { sessionHash } from '../../../src/authn/session-cookie/authenticator.ts';
import { connect, startTestFirestore } from '../../helpers/firestore.ts';
import { openSessions, reasonOf, type TestSessions } from '../../helpers/sessions.ts';

let server: FirestoreServer;
let test: TestSessions;
/** The next commit is made, and its answer lost with this gRPC code. */
let losing: number | undefined;

const eventsOf = async (action: string) =>
  (await test.access.all('auditEvents')).filter((event) => event.action === action).length;

describe('a change of a session is made once when the answer of the commit is lost', () => {
  before(async () => {
    server = await startTestFirestore({
      afterCall(method) {
        const code = losing;
        if (method !== 'Commit' || code === undefined) return;
        losing = undefined;
        throw Object.assign(new Error('as the test wants it'), { code });
      },
    });
  });
  after(() => server.stop());
  beforeEach(async () => {
    test = await openSessions({ firestore: connect(server) });
  });
  afterEach(() => test.close());

  // After UNAVAILABLE the SDK sends only the commit again; after INTERNAL it runs the whole transaction again.
  for (const [name, code] of [
    ['UNAVAILABLE', 14],
    ['INTERNAL', 13],
  ] as const) {
    async function lose<T>(change: () => Promise<T>): Promise<T> {
      losing = code;
      const result = await change();
      assert.equal(losing, undefined);
      return result;
    }

    it(`a sign-in: ${name}`, async () => {
      await test.access.records.read('bob');
      const { value, session } = await lose(() => test.create('bob'));
      assert.equal((await test.read(value)).session.id, session.id);
      assert.deepEqual([(await test.stored()).length, await eventsOf('session.create')], [1, 1]);
    });

    it(`the end of a session: ${name}`, async () => {
      const { value, session } = await test.create('bob');
      const by = { actor: 'bob', requestId: 'r' };
      assert.equal(
        await lose(() => test.sessions.end(by, { user: 'bob', id: session.id }, 'signed-out')),
        true,
      );
      assert.equal(await eventsOf('session.end'), 1);
      assert.equal(await reasonOf(test.read(value)), 'unknown-session');
    });

    it(`a rotation: ${name}`, async () => {
      const { value } = await test.create('bob');
      await test.setRoles('bob', ['support']);
      const renewed = await lose(() => test.renew(value));
      await test.read(renewed.value ?? assert.fail('not rotated'));
      assert.equal((await test.stored()).length, 2);
    });

    it(`a step-up: ${name}`, async () => {
      const { value } = await test.create('bob');
      const raised = await lose(() => test.sessions.stepUp(test.signIn('bob'), sessionHash(value)));
      await test.read(raised.value);
      assert.deepEqual([(await test.stored()).length, await eventsOf('session.step-up')], [2, 1]);
    });
  }
});
