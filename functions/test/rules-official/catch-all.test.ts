import assert from 'node:assert/strict';
import { ann } from '../rules/access-cases.ts';
import {
  CATCH_ALL_RULES,
  describeAttempt,
  ON_OURS,
  ON_THE_APPS,
  STORED_BY_THE_APP,
} from '../rules/catch-all-cases.ts';
import { CONDITION, EMULATOR, openRules } from './official-rules.ts';

const stored = new Map(STORED_BY_THE_APP.map((path) => [path, { owner: 'bob' }]));
const user = ann({});

describe(`rules of an app with a catch-all on Google’s emulator${CONDITION}`, () => {
  for (const [name, { source, isExposed }] of CATCH_ALL_RULES) {
    it(`${isExposed ? 'expose' : 'close'} our collections, ${name}`, async function () {
      if (!EMULATOR) return this.skip();
      const rules = await openRules(`demo-${name.replaceAll(' ', '-')}`, source, stored);
      try {
        for (const attempt of ON_OURS) {
          assert.equal(await rules.allows(user, attempt), isExposed, describeAttempt(attempt));
        }
        for (const attempt of ON_THE_APPS) {
          assert.equal(await rules.allows(user, attempt), true, describeAttempt(attempt));
          assert.equal(await rules.allows(null, attempt), false, describeAttempt(attempt));
        }
      } finally {
        await rules.close();
      }
    });
  }
});
