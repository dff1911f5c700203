import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { checkRules } from '../../cli/rules/check-rules.ts';
import { CLOSED, lettersOf, MATRIX } from './access-matrix.ts';
import { loadRules } from './evaluate-rules.ts';

const source = readFileSync(new URL('../../kit/firestore/firestore.rules', import.meta.url), 'utf8');

describe('rules of the own database of the function kit', () => {
  it('deny every operation on every collection to every caller', async () => {
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
