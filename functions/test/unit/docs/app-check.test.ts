import assert from 'node:assert/strict';
import { codesIn, tableUnder } from '../../helpers/docs.ts';
import { itWithNotes } from '../../helpers/notes.ts';
import { routes } from '../../helpers/operations.ts';

describe('docs/guides/app-check.md', () => {
  const rows = tableUnder('docs/guides/app-check.md', '## Who needs a token');
  const namedFor = (scope: string) =>
    codesIn(rows.find(([first = '']) => first.includes(scope))?.[2] ?? assert.fail(scope));

  for (const scope of ['firebase-users', 'everyone'] as const) {
    itWithNotes(`names the operations with '${scope}'`, () => {
      const names = routes.filter(({ appCheck }) => appCheck === scope).map(({ name }) => name);
      assert.deepEqual(namedFor(scope).toSorted(), names.toSorted());
    });
  }

  it('names the public operations without App Check', () => {
    const names = routes
      .filter(({ access, appCheck }) => access === 'public' && appCheck === undefined)
      .map(({ name }) => name);
    assert.deepEqual(namedFor('none').toSorted(), names.toSorted());
  });
});
