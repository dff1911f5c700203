import assert from 'node:assert/strict';
import { FIRESTORE_DEADLINE_MS } from '../../../src/platform/firestore/firestore.ts';
import { type Api, openApi } from '../../helpers/api.ts';
import { withoutDelay } from '../../helpers/fake-timers.ts';
import { connect, startTestFirestore } from '../../helpers/firestore.ts';
import { assertProblem } from '../../helpers/responses.ts';
import { MISSING, notesIn } from './notes.ts';

/** google.rpc.Code */
const UNAVAILABLE = 14;

/** Every operation, with and without the need to load the note for the decision. */
const attempts = (api: Api) => [
  api.as('member').get('/v1/notes'),
  api.as('member').post('/v1/notes').send({ title: 'Milk' }),
  api.as('member').get(`/v1/notes/${MISSING}`),
  api.as('support').get(`/v1/notes/${MISSING}`),
  api.as('member').patch(`/v1/notes/${MISSING}`).set('If-Match', '"1"').send({ title: 'Eggs' }),
  api.as('member').delete(`/v1/notes/${MISSING}`),
  api.as('support').delete(`/v1/notes/${MISSING}`),
];

describe('notes: without Firestore', () => {
  for (const state of ['refuses every call', 'does not answer'] as const) {
    it(`answers 503 with Retry-After while Firestore ${state}`, async () => {
      const { promise: never, resolve: release } = Promise.withResolvers<void>();
      let isDown = true;
      const server = await startTestFirestore({
        beforeCall: () => {
          if (state === 'does not answer') return never;
          if (isDown) throw Object.assign(new Error('down'), { code: UNAVAILABLE });
          return undefined;
        },
      });
      const firestore = connect(server);
      const api = await openApi({ rewire: notesIn(firestore) });
      try {
        let answers: Awaited<ReturnType<typeof attempts>[number]>[] = [];
        await withoutDelay(async () => {
          answers = await Promise.all(attempts(api));
        }, FIRESTORE_DEADLINE_MS);
        for (const answer of answers) {
          assertProblem(answer, 503, 'unavailable');
          assert.match(String(answer.headers['retry-after']), /^\d+$/);
        }
      } finally {
        // The SDK goes on trying, and does not close before it has had an answer.
        isDown = false;
        release();
        await api.close();
        await firestore.close();
        await server.stop();
      }
    });
  }
});
