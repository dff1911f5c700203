import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ImportRun, progressFile } from '../../../cli/import/progress.ts';
import { NOTHING } from '../../../src/directory/import-users.ts';

const RUN: ImportRun = { database: '(default)', map: ['admin=admin'], force: false, defaultRole: false };
const PROGRESS = { pageToken: 'next', imported: { ...NOTHING, read: 1000 } };

describe('the progress of an interrupted import', () => {
  const start = process.cwd();
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-progress-'));
  before(() => process.chdir(folder));
  after(() => {
    process.chdir(start);
    rmSync(folder, { recursive: true });
  });

  const others: Record<string, Partial<ImportRun>> = {
    'another database': { database: 'gatehouse' },
    'another map': { map: [] },
    '--force': { force: true },
    '--default-role': { defaultRole: true },
  };
  for (const [what, other] of Object.entries(others)) {
    it(`is refused to a run with ${what}, which would leave out the first users`, () => {
      progressFile('demo-x', RUN).write(PROGRESS);
      assert.throws(() => progressFile('demo-x', { ...RUN, ...other }).read(), /other arguments.*--restart/);
      assert.equal(progressFile('demo-x', RUN).read()?.pageToken, 'next');
    });
  }

  it('is nothing after a complete run, and in another project', () => {
    progressFile('demo-x', RUN).write(PROGRESS);
    assert.equal(progressFile('demo-y', RUN).read(), undefined);
    progressFile('demo-x', RUN).remove();
    assert.equal(progressFile('demo-x', RUN).read(), undefined);
  });
});
