import assert from 'node:assert/strict';
import { basename } from 'node:path/posix';
import { referencePages } from '../../../scripts/reference-docs.ts';

describe('the generated pages of docs/reference', () => {
  for (const { file, current, generated } of referencePages()) {
    it(`match the code: ${basename(file.pathname)}`, () => {
      assert.equal(current, generated, 'run: npm --prefix functions run docs');
    });
  }
});
