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

  it('gives the Firestore operations of a thousand requests as the table of operations has them', () => {
    const number = (cell = '') => Number(cell.replaceAll(',', ''));
    const operations = new Map(
      tableUnder(PAGE, '## Firestore operations').map(([name = '', reads, writes, , later]) => [
        name,
        [reads, writes, later].map(number),
      ]),
    );
    const sums: Record<string, string[]> = {
      '1,000 ordinary requests with tokens seen before': ['an ordinary request'],
      '1,000 first requests with a token': ['the first request with a token, per instance'],
      '1,000 privileged requests': ['a privileged request, before it runs'],
      '1,000 role changes by an administrator': ['a privileged request, before it runs', 'a role change'],
      '1,000 sign-ups with a default role': ['a sign-up with a default role'],
    };
    const table = readPage(PAGE).matchAll(/^\| (1,000 [^|]+) \| ([\d,]+) \| ([\d,]+) \| ([\d,]+) \|$/gm);
    const given = [...table].map(([, name = '', ...cells]) => [name, cells.map(number)]);
    const expected = Object.entries(sums).map(([name, parts]) => {
      const counts = parts.map((part) => operations.get(part) ?? assert.fail(part));
      return [name, [0, 1, 2].map((at) => 1000 * counts.reduce((sum, count) => sum + (count[at] ?? 0), 0))];
    });
    assert.deepEqual(given, expected);
  });

  it('names every service of the sum in the formulas, with a price page', () => {
    const formulas = tableUnder(PAGE, '## Your own month');
    const named = formulas.map(([service = '']) => service).join();
    for (const [service = ''] of rows) {
      const [name = ''] = service.replaceAll('*', '').split(',');
      if (name !== 'total') assert.ok(`${named}, Identity Platform`.includes(name), name);
    }
    for (const [service, , price = ''] of formulas)
      assert.match(price, /\]\(https:\/\/(cloud|firebase)\.google\.com\/[\w/-]*pricing\)/, service);
  });

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
