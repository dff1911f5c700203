import assert from 'node:assert/strict';
import type { Attempt, Caller } from './access-cases.ts';
import { expectedLetters, lettersOf, MATRIX } from './access-matrix.ts';
import { ATTACKS } from './attack-cases.ts';

/** Do the rules allow an attempt? Every attempt starts from the same stored documents. */
export type Allows = (caller: Caller | null, attempt: Attempt) => boolean | Promise<boolean>;

/** Defines the tests of the matrix and the attacks. */
export function defineAccessTests(allows: Allows): void {
  describe('allows, by role, collection and operation, what the matrix says', () => {
    for (const [name, row] of Object.entries(MATRIX)) {
      it(`to ${name}`, async () => {
        const letters = await lettersOf((attempt) => allows(row.caller, attempt));
        assert.deepEqual(letters, expectedLetters(row));
      });
    }
  });

  for (const [heading, cases] of Object.entries(ATTACKS)) {
    describe(`checks ${heading}:`, () => {
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
