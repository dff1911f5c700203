import assert from 'node:assert/strict';
import { checkRules } from '../../cli/rules/check-rules.ts';
import type { Attempt } from './access-cases.ts';
import { CATCH_ALL_RULES, describeAttempt, ON_OURS, ON_THE_APPS } from './catch-all-cases.ts';
import { type Fields, loadRules } from './evaluate-rules.ts';

describe('rules of an app with a catch-all', () => {
  for (const [name, { source, isExposed }] of CATCH_ALL_RULES) {
    const rules = loadRules(source);
    const allows = ({ document, ...attempt }: Attempt, uid: string | null) =>
      rules({
        ...attempt,
        auth: uid === null ? null : { uid, token: {} },
        time: new Date(0),
        // A case has no server time.
        after: document as Fields | undefined,
      });

    it(`${isExposed ? 'expose' : 'close'} our collections, ${name}`, () => {
      for (const attempt of ON_OURS) {
        assert.equal(allows(attempt, 'ann'), isExposed, describeAttempt(attempt));
      }
      assert.equal(checkRules(source, '(default)').kind, isExposed ? 'exposed' : 'closed');
    });

    it(`leave the app's own collections open, ${name}`, () => {
      for (const attempt of ON_THE_APPS) {
        const found = [allows(attempt, 'ann'), allows(attempt, null)];
        assert.deepEqual(found, [true, false], describeAttempt(attempt));
      }
    });
  }
});
