import assert from 'node:assert/strict';
import { readPage, tableUnder } from '../../helpers/docs.ts';

const PAGE = 'docs/operations/cost-and-scaling.md';
const SMALL = 3;
const LARGE = 5;

describe('what a month costs', () => {
  const rows = tableUnder(PAGE, '## What a month costs');
  const amounts = (column: number) => rows.map((row) => Number((row[column] ?? '').replaceAll(/[*,]/g, '')));

  for (const [name, column] of [
    ['5,000', SMALL],
    ['500,000', LARGE],
  ] as const) {
    it(`adds up for ${name} users`, () => {
      const isTotal = rows.map(([service]) => service === '**total**');
      const at = isTotal.indexOf(true);
      const all = amounts(column);
      const sum = all.slice(0, at).reduce((total, amount) => total + amount, 0);
      assert.equal(sum.toFixed(2), all[at]?.toFixed(2));
    });
  }

  it('is what the README says', () => {
    const total = rows.find(([service]) => service === '**total**') ?? [];
    const [small, large] = [SMALL, LARGE].map((column) => Number((total[column] ?? '').replaceAll('*', '')));
    const readme = readPage('README.md').replaceAll(/\s+/g, ' ');
    const [, said = '', saidLarge = ''] =
      /about \$(\d+) for 5,000 users and \$(\d+) for 500,000/.exec(readme) ?? [];
    assert.ok(Math.abs(Number(said) - (small ?? 0)) < 0.5, `${said} for ${small}`);
    assert.ok(Math.abs(Number(saidLarge) - (large ?? 0)) < 10, `${saidLarge} for ${large}`);
  });
});
