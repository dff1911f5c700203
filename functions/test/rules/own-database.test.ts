import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { checkRules } from '../../cli/rules/check-rules.ts';
import { itWithNotes } from '../helpers/notes.ts';
import { CLOSED, lettersOf, MATRIX } from './access-matrix.ts';
import { loadRules } from './evaluate-rules.ts';

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
const source = read('kit/firestore/firestore.rules');

describe('rules beside an own database', () => {
  itWithNotes('can have the role helpers, which read the ID token and no document', () => {
    const [helpers = ''] = read('../firestore.rules').split(/^.*\/\/ gatehouse:roles end$/m);
    assert.doesNotMatch(helpers, /\b(get|getAfter|exists|existsAfter)\(\s*\//);
    const rules = loadRules(`${helpers} match /shops/{id} { allow get: if canReadNotes(); } } }`);
    const reads = (roles: readonly string[]) => {
      const auth = { uid: 'ann', token: { roles, rv: 1 } };
      return rules({ operation: 'get', path: 'shops/s', auth, time: new Date(0) });
    };
    assert.deepEqual([reads(['member']), reads(['auditor'])], [true, false]);
  });

  it('of the function kit deny every operation on every collection to every caller', async () => {
    const rules = loadRules(source);
    const time = new Date('2026-03-01T12:00:00Z');
    for (const [name, { caller }] of Object.entries(MATRIX)) {
      const auth = caller && { uid: caller.uid, token: caller.claims(time.getTime() / 1000) };
      const letters = await lettersOf(({ operation, path, query }) =>
        rules({ operation, path, query, auth, time, before: { owner: 'ann' }, after: { owner: 'ann' } }),
      );
      const expected = ['own notes', 'notes of others', ...CLOSED].map((label) => [label, '-----']);
      assert.deepEqual(letters, Object.fromEntries(expected), name);
    }
    assert.equal(checkRules(source, 'gatehouse').kind, 'closed');
  });
});
