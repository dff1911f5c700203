import assert from 'node:assert/strict';
import type { Attempt, Caller } from './access-cases.ts';
import { expectedLetters, lettersOf, MATRIX } from './access-matrix.ts';
import { ATTACKS } from './attack-cases.ts';

/** Whether the rules let an attempt through, every attempt from the same stored documents. */
export type Allows = (caller: Caller | null, attempt: Attempt) => boolean | Promise<boolean>;

/** The matrix and the attacks as tests; each attempt is put to `allows`. */
export function defineAccessTests(allows: Allows): void {
  describe('opens, by role, collection and operation, what the matrix says', () => {
    for (const [name, row] of Object.entries(MATRIX)) {
      it(`to ${name}`, async () => {
        const letters = await lettersOf((attempt) => allows(row.caller, attempt));
        assert.deepEqual(letters, expectedLetters(row));
      });
    }
  });

  for (const [heading, cases] of Object.entries(ATTACKS)) {
    describe(`as to ${heading}`, () => {
      for (const { name, isAllowed, caller, attempts } of cases) {
        it(name, async () => {
          for (const attempt of attempts) {
            const what = `${attempt.operation} ${attempt.path}`;
            assert.equal(await allows(caller, attempt), isAllowed, what);
          }
        });
      }
    });
  }
}
