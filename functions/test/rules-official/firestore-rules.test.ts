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
import { describeWithNotes } from '../helpers/notes.ts';
import { STORED } from '../rules/access-matrix.ts';
import { defineAccessTests } from '../rules/access-suite.ts';
import { CONDITION, EMULATOR, openRules } from './official-rules.ts';

const source = readFileSync(new URL('../../../firestore.rules', import.meta.url), 'utf8');

describeWithNotes(`firestore.rules on Google’s emulator${CONDITION}`, () => {
  let rules: Awaited<ReturnType<typeof openRules>>;

  before(async function () {
    if (!EMULATOR) return this.skip();
    rules = await openRules('demo-gatehouse-rules', source, STORED);
  });
  after(() => rules?.close());

  defineAccessTests((caller, attempt) => rules.allows(caller, attempt));
});
