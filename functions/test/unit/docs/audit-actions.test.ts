import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { AUDIT_ACTIONS } from '../../../src/audit/audit-actions.ts';

const REPOSITORY = fileURLToPath(new URL('../../../../', import.meta.url));
const SRC = join(REPOSITORY, 'functions/src');
const PAGE = readFileSync(join(REPOSITORY, 'docs/reference/audit-actions.md'), 'utf8');

const rows = [...PAGE.matchAll(/^\| `([^`]+)` \| ([^|]+) \| ([^|]+) \|/gm)].map(
  ([, action = '', outcomes = '', description = '']) => ({ action, outcomes, description }),
);

describe('docs/reference/audit-actions.md', () => {
  it('has exactly the audit actions of the code, with their descriptions', () => {
    const documented = rows.map(({ action, description }) => [action, description]);
    assert.deepEqual(Object.fromEntries(documented), AUDIT_ACTIONS);
    assert.equal(documented.length, Object.keys(AUDIT_ACTIONS).length, 'an action is documented twice');
  });

  it('says for each action which outcomes it can have', () => {
    for (const { action, outcomes } of rows) assert.match(outcomes, /^(done|refused|done, refused)$/, action);
  });

  it('names no action that no source file writes', () => {
    const sources = globSync('**/*.ts', { cwd: SRC })
      .filter((path) => !/^audit\/(audit|example)-actions\.ts$/.test(path))
      .map((path) => readFileSync(join(SRC, path), 'utf8'));
    for (const { action } of rows) {
      assert.ok(
        sources.some((text) => text.includes(`'${action}'`)),
        action,
      );
    }
  });
});
