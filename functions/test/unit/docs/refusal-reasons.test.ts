import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { GRANT_REASONS, REFUSAL_REASONS } from '../../../src/core/refusal-reasons.ts';
import { ALL_PAGES, readPage } from '../../helpers/docs.ts';

describe('refusal reasons', () => {
  const text = readFileSync(
    new URL('../../../../docs/reference/refusal-reasons.md', import.meta.url),
    'utf8',
  );
  /** Rows of three cells are refusals, rows of two say why a call is allowed. */
  const rows = text
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) => line.split('|').map((cell) => cell.trim()));
  const namesOf = (cells: number) =>
    rows.filter(({ length }) => length === cells + 2).map(([, name = '']) => name.replaceAll('`', ''));

  it('are all explained in docs/reference/refusal-reasons.md, and nothing else is', () => {
    assert.deepEqual(namesOf(3), [...REFUSAL_REASONS]);
    assert.deepEqual(namesOf(2), [...GRANT_REASONS]);
    assert.equal(rows.length, REFUSAL_REASONS.length + GRANT_REASONS.length);
    for (const row of rows) for (const cell of row.slice(2, -1)) assert.match(cell, /^.{8,}$/, row[1]);
  });

  it('are words in lower case with hyphens, each once', () => {
    for (const reason of REFUSAL_REASONS) assert.match(reason, /^[a-z0-9]+(-[a-z0-9]+)*$/);
    assert.equal(new Set(REFUSAL_REASONS).size, REFUSAL_REASONS.length);
  });

  it('exist where a page quotes one as a reason', () => {
    const known: readonly string[] = [...REFUSAL_REASONS, ...GRANT_REASONS];
    const quoted = ALL_PAGES.flatMap((page) => {
      const quotes = readPage(page).matchAll(
        /\breasons?(?:\]\([^)]*\))?,?(?:\sfor\sexample|\sis)?[\s=:]*(?:`"?|")([a-z][a-z -]*)["`]/g,
      );
      return [...quotes].map(([, reason = '']) => ({ page, reason }));
    });
    assert.ok(quoted.length >= 3);
    assert.deepEqual(
      quoted.filter(({ reason }) => !known.includes(reason)),
      [],
    );
  });
});
